"""Join the metrics of all texts into one table."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.table import join

    join([Path(path) for path in snakemake.input], Path(snakemake.output.parquet), Path(snakemake.output.csv))
