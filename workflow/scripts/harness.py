"""Run lm-evaluation-harness on one model."""

from pathlib import Path

from _job import job

with job(snakemake, online=True):
    from langgeom.quality.harness import run_harness

    run_harness(
        Path(snakemake.input.model),
        Path(snakemake.output[0]),
        snakemake.params.settings,
        cache=Path("results/cache/harness"),
        seed=snakemake.params.seed,
    )
