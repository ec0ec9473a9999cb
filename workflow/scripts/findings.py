"""Put the conclusions to the test."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.analysis import Settings
    from langgeom.findings.verdict import findings_job

    findings_job(
        metrics=Path(snakemake.input.metrics),
        texts=Path(snakemake.input.texts),
        quality=Path(snakemake.input.quality),
        pairs=Path(snakemake.input.pairs),
        settings=Settings(**snakemake.params.settings),
        out_parquet=Path(snakemake.output.parquet),
        out_csv=Path(snakemake.output.csv),
        out_md=Path(snakemake.output.page),
    )
