"""Prepare one model's folder."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.models import build_model

    build_model(snakemake.wildcards.model, snakemake.params.spec, given, out=made[0])
