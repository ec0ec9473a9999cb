"""Write one text of a corpus, line-aligned and clean, with the report of what was done to it."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.corpora import corpus_of

    params, wildcards = snakemake.params, snakemake.wildcards
    corpus = corpus_of(wildcards.corpus, params.spec, reference=params.reference)
    corpus.build(wildcards.text, given, made.text, made.report, params.seed)
