"""Draw one figure from its tables."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.analysis import Settings
    from langgeom.figures.drawing import render

    render(
        snakemake.wildcards.figure,
        [Path(path) for path in snakemake.input.tables],
        Settings(**snakemake.params.settings),
        Path(snakemake.output.svg),
        Path(snakemake.output.png),
        Path(snakemake.output.csv),
    )
