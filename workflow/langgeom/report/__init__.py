"""The report: one self-contained page for a reader who did not run anything.

`run` reads the results and adds up benchmarks, `caveats` says what limits them, `content` turns all into rows and words for
`page.html`. The page has no script, and the same inputs give the same bytes.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from langgeom import __version__
from langgeom.code import ROOT, versions_of

# The files of the page that are not Python, from the package's root.
ASSETS = ("pages/style.css", "pages/page.html", "report/report.css", "report/page.html")
LIBRARIES = (
    "snakemake", "torch", "transformers", "tokenizers", "safetensors", "gguf", "numpy", "scipy", "pandas", "pyarrow",
    "matplotlib", "seaborn", "morfessor",
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
        provenance: what `provenance` returns.
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
    provenance: Mapping[str, str]


def versions() -> dict[str, str]:
    """Return the installed version of each software, "" for one that is not installed here."""
    installed = zip(LIBRARIES, versions_of(*LIBRARIES), strict=True)
    return {"langgeom": __version__, "Python": platform.python_version(), **dict(installed)}


def provenance(metrics: Path, config: str, command: str, dtype: str) -> dict[str, str]:
    """Return when, from what and where the numbers were made; what is not known is left out."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        commit = subprocess.run(git, capture_output=True, text=True, timeout=20).stdout.strip()
    except OSError:  # no git here
        commit = ""
    known = {
        "Date": f"{datetime.fromtimestamp(metrics.stat().st_mtime, UTC):%d %B %Y, %H:%M} UTC",
        "langgeom": f"{__version__}, commit {commit}" if commit else __version__,
        "Config": config,
        "Command": command,
        "Machine": f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores",
        "Number format": dtype and f"models ran in {dtype}",
    }
    return {name: value for name, value in known.items() if value}


def render(out: Path, inputs: Inputs) -> None:
    """Write the page, whose links lead to the files beside it.

    Raises:
        UserError: an input cannot be read.
    """
    # Imported here, since rules import this module for ASSETS before any environment with pandas exists.
    import yaml

    from langgeom.findings.prose import CAUTIONS
    from langgeom.glossary import TERMS, VERDICTS
    from langgeom.pages import write_page
    from langgeom.report import content
    from langgeom.report.caveats import caveats
    from langgeom.report.run import costs, read_run

    run = read_run(inputs)
    write_page(
        out,
        "report/page.html",
        f"langgeom report: {', '.join(model['name'] for model in run.trained())} on {', '.join(run.corpora)}",
        "report/report.css",
        run=run,
        provenance=inputs.provenance,
        caveats=caveats(run),
        glossary={"verdicts": VERDICTS, "terms": TERMS},
        conclusions=content.conclusions(run.findings),
        cautions=CAUTIONS,
        figures=content.figures(inputs, run),
        models=content.models(run),
        corpora=content.corpora(run),
        sources=[(model["name"], yaml.safe_dump(dict(model), allow_unicode=True, sort_keys=False)) for model in run.models],
        settings=yaml.safe_dump(dict(inputs.settings), allow_unicode=True, sort_keys=False),
        versions=inputs.versions,
        costs=costs(inputs.benchmarks, [model["name"] for model in run.models], run.corpora),
    )
