"""Fetch a pinned file by its address."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.download import fetch_url

    fetch_url(snakemake.params.url, snakemake.wildcards.sha256, Path(snakemake.output[0]))
