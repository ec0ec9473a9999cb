"""Fetch a pinned package from PyPI or npm."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.download import fetch

    registry, package, version = (snakemake.wildcards[name] for name in ("registry", "package", "version"))
    params = snakemake.params
    fetch(registry, package, version, params.sha256, Path(snakemake.output[0]), params.platform)
