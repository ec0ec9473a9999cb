"""Fetch a pinned npm package."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.download import fetch_npm

    fetch_npm(snakemake.wildcards.package, snakemake.wildcards.version, snakemake.params.sha256, Path(snakemake.output[0]))
