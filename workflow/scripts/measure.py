"""Run a batch of texts through a model and measure each."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.measure_job import Settings, measure_batch

    params, wildcards = snakemake.params, snakemake.wildcards
    measure_batch(
        model=Path(snakemake.input.model),
        corpus=wildcards.corpus,
        texts=params.texts,
        files={Path(path).stem: Path(path) for path in snakemake.input.texts},
        reference=params.reference,
        whole=params.whole,
        settings=Settings(**params.settings, code=params.code),
        listing=Path(snakemake.output[0]),
        documents=next(map(Path, snakemake.input.documents), None),
    )
