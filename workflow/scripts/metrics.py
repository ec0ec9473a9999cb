"""Measure the hidden states of a batch of texts."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.metrics.job import metrics_job

    metrics_job(
        hidden=[Path(path) for path in snakemake.input.hidden],
        reference=Path(snakemake.input.reference),
        outputs=[Path(path) for path in snakemake.output],
        store=Path(snakemake.params.store),
        names=snakemake.params.metrics,
        bootstrap=snakemake.params.bootstrap,
        seed=snakemake.params.seed,
        code=snakemake.params.code,
        in_depth=snakemake.params.in_depth,
    )
