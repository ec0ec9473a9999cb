"""Run a batch of texts through one model."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.hidden.job import hidden_job

    hidden_job(
        model=Path(snakemake.input.model),
        corpus=snakemake.params.corpus,
        texts=[Path(path) for path in snakemake.input.texts],
        outputs=[Path(path) for path in snakemake.output],
        store=Path(snakemake.params.store),
        settings=snakemake.params.settings,
        code=snakemake.params.code,
    )
