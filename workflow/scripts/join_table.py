"""Join the files of one table."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.table import TABLES, join, tables_of

    table = TABLES[snakemake.params.table]
    join(tables_of(given) if table.name == "metrics" else given, made.parquet, made.csv, table)
