"""Make the explorer from the tables."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.measure_job import tables_of
    from langgeom.explorer import Settings, render

    given, params = snakemake.input, snakemake.params
    render(
        Path(snakemake.output[0]),
        Path(given.library),
        Path(given.metrics),
        texts=Path(given.texts) if hasattr(given, "texts") else None,
        quality=Path(given.quality) if hasattr(given, "quality") else None,
        aligned=tables_of([Path(path) for path in given.listings], "aligned"),
        lines={(Path(path).parent.name, Path(path).stem): Path(path) for path in given.lines},
        settings=Settings(params.reference, params.id, params.final_norm, params.sentences),
    )
