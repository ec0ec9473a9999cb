"""Fetch a pinned package from PyPI or npm."""

from _job import job

with job(snakemake) as (_, made):
    from langgeom.download import fetch

    registry, package, version = (snakemake.wildcards[name] for name in ("registry", "package", "version"))
    fetch(registry, package, version, snakemake.params.sha256, made[0], snakemake.params.platform)
