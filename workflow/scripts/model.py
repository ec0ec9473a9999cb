"""Prepare one model's folder."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.models import build_model

    inputs = [Path(path) for path in snakemake.input]
    build_model(snakemake.wildcards.model, snakemake.params.spec, inputs, out=Path(snakemake.output[0]))
