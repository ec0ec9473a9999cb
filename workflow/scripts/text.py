"""Measure one text."""

from _job import job

with job(snakemake) as (given, made):
    from langgeom.texts import write_measures

    wildcards, params = snakemake.wildcards, snakemake.params
    write_measures(
        wildcards.corpus,
        wildcards.text,
        given[0],
        made[0],
        params.measures,
        params.bootstrap,
        params.seed,
        documents=next(iter(given.documents), None),
    )
