"""Put the conclusions to the test."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.analysis import Settings
    from langgeom.findings.verdict import findings_job

    settings = Settings(**snakemake.params.settings)
    findings_job(given.metrics, given.texts, given.quality, given.pairs, settings, made.parquet, made.csv, made.page)
