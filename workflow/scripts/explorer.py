"""Make the explorer from the tables."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.explorer import render
    from langgeom.table import tables_of

    render(
        made[0],
        given.library,
        given.metrics,
        given.texts,
        given.quality,
        given.pairs,
        aligned=tables_of(given.listings, "aligned"),
        tokens=tables_of(given.listings, "tokens"),
        lines={(path.parent.name, path.stem): path for path in given.lines},
        reference=snakemake.params.reference,
        first=snakemake.params.id,
        final_norm=snakemake.params.final_norm,
        sentences=snakemake.params.sentences,
    )
