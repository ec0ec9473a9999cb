"""Make the explorer from the tables."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.explorer import render
    from langgeom.table import tables_of

    files, params = snakemake.input, snakemake.params
    render(
        Path(snakemake.output[0]),
        Path(files.library),
        Path(files.metrics),
        Path(files.texts),
        Path(files.quality),
        Path(files.pairs),
        *(tables_of([Path(path) for path in files.listings], kind) for kind in ("aligned", "tokens")),
        {(Path(path).parent.name, Path(path).stem): Path(path) for path in files.lines},
        reference=params.reference,
        first=params.id,
        final_norm=params.final_norm,
        sentences=params.sentences,
    )
