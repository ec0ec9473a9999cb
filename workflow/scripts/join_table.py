"""Join the files of one table."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.table import TABLES, join

    join(
        [Path(path) for path in snakemake.input],
        Path(snakemake.output.parquet),
        Path(snakemake.output.csv),
        TABLES[snakemake.params.table],
    )
