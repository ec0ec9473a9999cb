"""Compare all models with one another on the reference text of a corpus, layer by layer."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.model_pairs import model_pairs_job

    given, params = snakemake.input, snakemake.params
    model_pairs_job(
        [Path(path) for path in given.models],
        snakemake.wildcards.corpus,
        [Path(path) for path in given.listings],
        params.reference,
        params.layers,
        params.bootstrap,
        params.seed,
        Path(snakemake.output[0]),
        next(map(Path, given.documents), None),
    )
