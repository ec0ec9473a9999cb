"""Make the report from what the run left."""

import os

from _job import job

with job(snakemake) as (given, made):
    from langgeom.report import Inputs, provenance, render

    params, dtype = snakemake.params, snakemake.params.settings["hidden"]["dtype"]
    inputs = Inputs(
        models=given.models,
        texts={(path.parent.name, path.stem): path for path in given.texts},
        metrics=given.metrics,
        quality=given.quality,
        findings=given.findings,
        figures={path.stem: path for path in given.figures},
        benchmarks=made[0].parent / "benchmarks",  # beside it, wherever a module puts both
        settings=params.settings,
        versions=params.versions,
        provenance=provenance(given.metrics, os.environ["LANGGEOM_CONFIG"], os.environ["LANGGEOM_COMMAND"], dtype),
    )
    render(made[0], inputs)
