"""Compare all models with one another on the reference text of a corpus, layer by layer."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.model_pairs import model_pairs_job

    params, corpus, documents = snakemake.params, snakemake.wildcards.corpus, next(iter(given.documents), None)
    model_pairs_job(
        given.models, corpus, given.listings, params.reference, params.layers, params.bootstrap, params.seed, made[0], documents
    )
