"""Measure one text."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.texts import write_measures

    write_measures(
        snakemake.wildcards.corpus,
        snakemake.wildcards.text,
        Path(snakemake.input[0]),
        Path(snakemake.output[0]),
        names=snakemake.params.measures,
        bootstrap=snakemake.params.bootstrap,
        seed=snakemake.params.seed,
        documents=next(map(Path, snakemake.input.documents), None),
    )
