"""Draw one figure from its tables."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.analysis import Settings
    from langgeom.figures.drawing import render

    settings = Settings(**snakemake.params.settings)
    render(snakemake.wildcards.figure, given.tables, settings, made.svg, made.png, made.csv)
