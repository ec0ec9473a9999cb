"""Write the quality table."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.quality import write_quality

    tasks = snakemake.params.tasks
    write_quality(
        Path(snakemake.input.metrics),
        Path(snakemake.output.parquet),
        Path(snakemake.output.csv),
        reference=snakemake.params.reference,
        texts=snakemake.params.texts,
        names=snakemake.params.published,
        runs={model: (Path(path), tasks[model]) for model, path in zip(tasks, snakemake.input.runs, strict=True)},
    )
