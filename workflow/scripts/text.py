"""Measure one text."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.texts.job import text_job

    text_job(
        corpus=snakemake.wildcards.corpus,
        text=snakemake.wildcards.text,
        path=Path(snakemake.input[0]),
        output=Path(snakemake.output[0]),
        names=snakemake.params.measures,
        bootstrap=snakemake.params.bootstrap,
        seed=snakemake.params.seed,
    )
