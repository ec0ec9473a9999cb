"""Compare all pairs of texts of a model and corpus."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.text_pairs import pairs_job

    given, params = snakemake.input, snakemake.params
    pairs_job(
        Path(given.model),
        snakemake.wildcards.corpus,
        [Path(path) for path in given.listings],
        params.layers,
        params.bootstrap,
        params.seed,
        Path(snakemake.output[0]),
        next(map(Path, given.documents), None),
    )
