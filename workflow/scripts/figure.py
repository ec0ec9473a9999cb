"""Draw one figure from its tables."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.figures import Settings, render

    render(
        snakemake.wildcards.figure,
        [Path(path) for path in snakemake.input.tables],
        Path(snakemake.output.svg),
        Path(snakemake.output.png),
        Path(snakemake.output.csv),
        Settings(**snakemake.params.settings, final_norm=snakemake.params.final_norm, reference=snakemake.params.reference),
    )
