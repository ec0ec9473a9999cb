"""Join the files of one table."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.table import TABLES, join, tables_of

    inputs = [Path(path) for path in snakemake.input]
    join(
        tables_of(inputs) if snakemake.params.table == "metrics" else inputs,
        Path(snakemake.output.parquet),
        Path(snakemake.output.csv),
        TABLES[snakemake.params.table],
    )
