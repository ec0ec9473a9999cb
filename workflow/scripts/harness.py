"""Run lm-evaluation-harness on one model."""

from pathlib import Path

from _job import job

with job(snakemake, online=True) as (given, made):
    from langgeom.quality.harness import run_harness

    params = snakemake.params
    run_harness(given.model, made[0], params.settings, cache=Path("results/cache/harness"), seed=params.seed)
