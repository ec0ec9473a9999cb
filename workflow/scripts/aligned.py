"""Compare the sentences of all texts of a corpus with their translations, in one model."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.explorer.alignment import aligned_rows
    from langgeom.explorer.sentences import ALIGNED
    from langgeom.table import write_rows

    paths = [Path(path) for path in snakemake.input]
    reference = paths[0].with_name(f"{snakemake.params.reference}.safetensors")
    rows = [row for path in paths for row in aligned_rows(path, reference, snakemake.params.depth)]
    write_rows(rows, snakemake.output[0], ALIGNED)
