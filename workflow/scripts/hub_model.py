"""Fetch a model's files from the hub, at one commit."""

from _job import job

with job(snakemake, online=True) as (_, made):
    from langgeom.hub.fetch import fetch_model

    repo, revision, part = (snakemake.wildcards[name] for name in ("repo", "revision", "part"))
    fetch_model(repo.replace("--", "/", 1), revision, made[0], weights=part == "weights")
