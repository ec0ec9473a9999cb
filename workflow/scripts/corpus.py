"""Write one text of a corpus, line-aligned and clean, with the report of what was done to it."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.corpora import build

    build(
        snakemake.params.spec,
        snakemake.wildcards.text,
        snakemake.params.reference,
        source=Path(snakemake.input[0]),
        out_txt=Path(snakemake.output.text),
        out_json=Path(snakemake.output.report),
    )
