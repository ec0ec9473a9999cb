"""Make the report from what the run left."""

import os
from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.files import write_json
    from langgeom.report import Inputs, provenance, render

    given, settings = snakemake.input, snakemake.params.settings
    told = provenance(
        Path(given.metrics),
        os.environ.get("LANGGEOM_CONFIG", ""),
        os.environ.get("LANGGEOM_COMMAND", ""),
        settings["hidden"]["dtype"],
    )
    render(
        Path(snakemake.output[0]),
        Inputs(
            models=[Path(path) for path in given.models],
            texts={(Path(path).parent.name, Path(path).stem): Path(path) for path in given.texts},
            metrics=Path(given.metrics),
            quality=Path(given.quality),
            findings=Path(given.findings),
            figures={Path(path).stem: Path(path) for path in given.figures},
            benchmarks=Path(snakemake.output[0]).parent / "benchmarks",  # beside it, wherever a module puts both
            settings={key: value for key, value in settings.items() if key not in ("models", "corpora")},
            versions=snakemake.params.versions,
            provenance=told,
        ),
    )
    write_json(snakemake.output.run, {"provenance": told, "settings": settings})
