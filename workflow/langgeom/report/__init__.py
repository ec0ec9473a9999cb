"""The report: one self-contained page for a reader who did not run anything.

`run` reads the results, `caveats` says what limits them, `costs` adds up benchmarks, `content` turns all into rows and words
for `page.html`. The page has no script, and no date or number but those of its inputs: the same inputs give the same bytes.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from langgeom import __version__
from langgeom.code import versions_of

# The files of the page that are not Python, from the package's root.
ASSETS = ("pages/style.css", "pages/page.html", "report/report.css", "report/page.html")
LIBRARIES = (
    "snakemake", "torch", "transformers", "tokenizers", "safetensors", "gguf", "numpy", "scipy", "pandas", "pyarrow",
    "matplotlib", "morfessor",
)  # fmt: skip


class Inputs(NamedTuple):
    """What the page is made from.

    Args:
        models: the models' folders, in the config's order.
        texts: the JSON file on each (corpus, text), with counts and warnings.
        metrics, quality, findings: the tables, as Parquet.
        figures: the SVG of each figure, by its name.
        benchmarks: the folder of Snakemake's benchmarks.
        settings: the config without models and corpora.
        versions: what `versions` returns.
    """

    models: Sequence[Path]
    texts: Mapping[tuple[str, str], Path]
    metrics: Path
    quality: Path
    findings: Path
    figures: Mapping[str, Path]
    benchmarks: Path
    settings: Mapping[str, Any]
    versions: Mapping[str, str]


def versions() -> dict[str, str]:
    """Return the installed version of each software, "" for one that is not installed here."""
    installed = zip(LIBRARIES, versions_of(*LIBRARIES), strict=True)
    return {"langgeom": __version__, "Python": platform.python_version(), **dict(installed)}


def render(out: Path, inputs: Inputs) -> None:
    """Write the page.

    Args:
        out: the HTML file. Its links lead to the files beside it.

    Raises:
        UserError: an input cannot be read.
    """
    # Imported here, since rules import this module for ASSETS before any environment with pandas exists.
    from langgeom.findings.prose import CAUTIONS
    from langgeom.glossary import TERMS, VERDICTS
    from langgeom.pages.html import write_page
    from langgeom.report import content
    from langgeom.report.caveats import caveats
    from langgeom.report.costs import costs
    from langgeom.report.run import read_run

    run = read_run(inputs)
    write_page(
        out,
        "report/page.html",
        "langgeom report",
        "report/report.css",
        run=run,
        caveats=caveats(run),
        verdicts=VERDICTS,
        terms=TERMS,
        tally=content.tally(run.findings),
        conclusions=content.conclusions(run.findings),
        cautions=CAUTIONS,
        figures=content.figures(inputs.figures),
        models=content.models(run),
        corpora=content.corpora(run),
        settings=content.flat(inputs.settings),
        versions=inputs.versions,
        costs=costs(inputs.benchmarks, [model["name"] for model in run.models], run.corpora),
    )
