"""Fetch a model's files from the hub, at one commit."""

from pathlib import Path

from _job import job

with job(snakemake, online=True):
    from langgeom.hub.fetch import fetch_model

    fetch_model(
        snakemake.wildcards.repo.replace("--", "/", 1),
        snakemake.wildcards.revision,
        Path(snakemake.output[0]),
        weights=snakemake.wildcards.part == "weights",
    )
