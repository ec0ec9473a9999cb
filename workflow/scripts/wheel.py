"""Fetch a pinned wheel from PyPI."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.download import fetch_pypi

    fetch_pypi(snakemake.wildcards.package, snakemake.wildcards.version, snakemake.params.sha256, Path(snakemake.output[0]))
