"""Run lm-evaluation-harness on one model."""

from pathlib import Path

from _job import job

with job(snakemake, online=True):
    from langgeom.quality.run_harness import run_harness

    settings = snakemake.params.settings
    run_harness(
        Path(snakemake.input.model),
        settings["tasks"],
        Path(snakemake.output[0]),
        shots=settings["shots"],
        limit=settings["limit"],
        include=Path(settings["include"]) if settings["include"] else None,
        cache=Path("results/cache/harness"),
        seed=snakemake.params.seed,
    )
