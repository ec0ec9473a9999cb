"""Write which document each line of a corpus is of."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.corpora import corpus_of

    reference = Path(snakemake.input.reference)
    corpus_of(snakemake.wildcards.corpus, snakemake.params.spec, reference=reference.stem).build_documents(
        [Path(path) for path in snakemake.input.documents], reference, Path(snakemake.output[0])
    )
