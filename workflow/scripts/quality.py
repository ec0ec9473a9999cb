"""Write the quality table."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.quality import write_quality

    params = snakemake.params
    write_quality(
        given.metrics,
        made.parquet,
        made.csv,
        reference=params.reference,
        texts=params.texts,
        names=params.published,
        runs={path.stem: (path, params.tasks[path.stem]) for path in given.runs},
    )
