"""Compare all pairs of texts of a model and corpus, and find the subspace of their language."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.text_pairs import pairs_job

    params, corpus, documents = snakemake.params, snakemake.wildcards.corpus, next(iter(given.documents), None)
    pairs_job(
        given.model, corpus, given.listings, params.reference, params.layers, params.bootstrap, params.seed, made.pairs,
        made.subspaces, documents,
    )  # fmt: skip
