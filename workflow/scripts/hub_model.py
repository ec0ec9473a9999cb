"""Fetch what is needed of a model from the hub, at one commit."""

from pathlib import Path

from _job import job

with job(snakemake, online=True):
    from langgeom.hub.snapshot import fetch_snapshot

    fetch_snapshot(
        snakemake.wildcards.repo.replace("--", "/", 1),
        snakemake.wildcards.revision,
        Path(snakemake.output[0]),
        weights=snakemake.wildcards.part == "weights",
    )
