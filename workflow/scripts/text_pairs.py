"""Compare all pairs of texts of a model and corpus."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.text_pairs import pairs_job

    params, documents = snakemake.params, next(iter(given.documents), None)
    corpus = snakemake.wildcards.corpus
    pairs_job(given.model, corpus, given.listings, params.layers, params.bootstrap, params.seed, made[0], documents)
