"""Write which document each line of a corpus is of."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.corpora import corpus_of

    corpus = corpus_of(snakemake.wildcards.corpus, snakemake.params.spec, reference=given.reference.stem)
    corpus.build_documents(given.documents, given.reference, made[0])
