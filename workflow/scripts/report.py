"""Make the report from what the run left."""

import os

from _job import job

with job(snakemake) as (given, made):
    from langgeom.files import write_json
    from langgeom.report import Inputs, provenance, render

    settings, versions = snakemake.params.settings, snakemake.params.versions
    environ, dtype = os.environ, settings["hidden"]["dtype"]
    told = provenance(given.metrics, environ["LANGGEOM_CONFIG"], environ["LANGGEOM_COMMAND"], dtype)
    inputs = Inputs(
        models=given.models,
        texts={(path.parent.name, path.stem): path for path in given.texts},
        metrics=given.metrics,
        quality=given.quality,
        findings=given.findings,
        figures={path.stem: path for path in given.figures},
        benchmarks=made.page.parent / "benchmarks",  # beside it, wherever a module puts both
        settings={key: value for key, value in settings.items() if key not in ("models", "corpora")},
        versions=versions,
        provenance=told,
    )
    render(made.page, inputs)
    write_json(made.run, {"provenance": told, "settings": settings})
