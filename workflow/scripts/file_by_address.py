"""Fetch a pinned file by its address."""

from _job import job

with job(snakemake) as (_, made):
    from langgeom.download import fetch_url

    fetch_url(snakemake.params.url, snakemake.wildcards.sha256, made[0])
