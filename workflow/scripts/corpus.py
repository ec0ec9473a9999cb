"""Write one text of a corpus, line-aligned and clean, with the report of what was done to it."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.corpora import corpus_of

    wildcards, params = snakemake.wildcards, snakemake.params
    corpus_of(wildcards.corpus, params.spec, reference=params.reference).build(
        wildcards.text,
        [Path(path) for path in snakemake.input],
        out_txt=Path(snakemake.output.text),
        out_json=Path(snakemake.output.report),
        seed=params.seed,
    )
