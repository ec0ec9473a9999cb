"""The report: one self-contained page for a reader who did not run anything.

`run` reads what a run left, `caveats` computes what limits it, `costs` adds up its benchmarks, `versions` names its software.
`verdicts`, `pictures` and `facts` turn these into the page's sections, with the pieces of `parts`; `page.html` and `report.css`
are the page. There is no script in it, and no date but those that its inputs hold: the same inputs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from langgeom.files import atomic
from langgeom.pages.html import Markup, asset, fill, page

__all__ = ["ASSETS", "Inputs", "render"]

# The files of the page, from the package's root.
ASSETS = ("pages/style.css", "pages/page.html", "report/report.css", "report/page.html")


class Inputs(NamedTuple):
    """Where the page takes its content from.

    Args:
        models: the models' folders, in the config's order.
        texts: the report (`.json`) of each (corpus, text).
        metrics, quality, findings: the tables, as Parquet.
        figures: the SVG of each figure, by its name.
        benchmarks: the folder of Snakemake's benchmarks.
        settings: the config without models and corpora.
        versions: software and its versions, "" for what is not known.
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


def render(out: Path, given: Inputs) -> None:
    """Write the page.

    Args:
        out: the HTML file; its links lead to files that lie beside it.

    Raises:
        UserError: an input that cannot be read.
    """
    # Imported here: a rule that asks for ASSETS only should not wait for pandas and scipy.
    from langgeom.report import facts, pictures, verdicts
    from langgeom.report.caveats import caveats
    from langgeom.report.costs import costs
    from langgeom.report.parts import many
    from langgeom.report.run import read_run

    run = read_run(given.models, given.texts, given.metrics, given.quality, given.findings)
    kinds = [f"{sum(model['init'] == init for model in run.models)} {init}" for init in ("trained", "untrained")]
    spent = costs(given.benchmarks, {model["name"] for model in run.models}, set(run.corpora))
    found = caveats(run)
    body = fill(
        asset("langgeom.report", "page.html"),
        {
            "subtitle": f"{many(len(run.models), 'model')} ({', '.join(kinds)}), "
            + "; ".join(f"{many(len(run.texts_of(corpus)), 'text')} of {corpus}" for corpus in run.corpora),
            "values": f"{many(len(run.metrics), 'value')}, each with its n and, where it can be had, a 95 % interval",
            "total": verdicts.total(run.findings),
        },
        {
            "tally": verdicts.tally(run.findings),
            "glance": verdicts.glance(run.findings),
            "caveats": _caveats([(caveat.name, caveat.title, caveat.said) for caveat in found]),
            "legend": verdicts.legend(),
            "conclusions": verdicts.conclusions(run.findings),
            "cautions": verdicts.cautions(),
            "figure_list": pictures.contents(given.figures),
            "figures": pictures.pictures(given.figures),
            "models": facts.models(run),
            "corpora": facts.corpora(run),
            "settings": facts.settings(given.settings),
            "software": facts.software(given.versions),
            "spent": facts.spent(spent),
        },
    )
    text = page("langgeom report", [], [asset("langgeom.report", "report.css")], body)
    with atomic(out) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _caveats(found: Sequence[tuple[str, str, str]]) -> Markup:
    if not found:
        return Markup("<p>None of those that are known applies to this run.</p>")
    lines = (
        fill(
            '<li id="caveat-{{name}}"><strong>{{title}}.</strong> {{said}}</li>',
            {"name": name, "title": title, "said": said},
            {},
        )
        for name, title, said in found
    )
    return Markup('<ul class="caveats">\n' + "\n".join(lines) + "\n</ul>")
