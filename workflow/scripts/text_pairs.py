"""Compare all pairs of texts of a model and corpus, and find the subspace of their language."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.text_pairs import pairs_job

    given, params = snakemake.input, snakemake.params
    pairs_job(
        Path(given.model),
        snakemake.wildcards.corpus,
        [Path(path) for path in given.listings],
        params.reference,
        params.layers,
        params.bootstrap,
        params.seed,
        Path(snakemake.output.pairs),
        Path(snakemake.output.subspaces),
        next(map(Path, given.documents), None),
    )
