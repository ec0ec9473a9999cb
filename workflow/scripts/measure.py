"""Run a batch of texts through a model and measure each."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.measure_job import Batch, Settings

    params = snakemake.params
    batch = Batch(
        model=given.model,
        corpus=snakemake.wildcards.corpus,
        texts=params.texts,
        files={path.stem: path for path in given.texts},
        reference=params.reference,
        whole=params.whole,
        settings=Settings(**params.settings, code=params.code),
        listing=made[0],
        documents=next(iter(given.documents), None),
    )
    batch.run()
