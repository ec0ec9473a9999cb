"""The findings as a page to read, in Markdown: the conclusions one after another, with numbers, for each model."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.rows import PANEL
from langgeom.analysis.statistics import correlation_interval, needed_for_equivalence
from langgeom.findings.outcome import SMALL_R
from langgeom.glossary import TERMS, VERDICTS

CAUTIONS = (
    "A verdict over languages holds in the model or pair of models that it names. It says nothing of others.",
    "Languages of a family resemble each other. A mean therefore counts each family once, and a correlation counts languages "
    "for as many independent ones as they are worth.",
    "Intrinsic dimension has no single estimator. The note of each row gives what a second one finds.",
    f"20 independent languages leave a rank correlation of zero an interval of ±{correlation_interval(0, 20)[1]:.2f}. "
    f"A claim of no correlation (within ±{SMALL_R}) takes about {needed_for_equivalence(SMALL_R)} of them.",
)


def number_of(finding: str) -> int:
    """Return 10 of "C10"."""
    return int(finding[1:])


def page(table: pd.DataFrame, left_out: pd.DataFrame, settings: Settings) -> str:
    """Write the table `findings` as a page.

    Args:
        left_out: the texts that take no part, as `langgeom.analysis.rows.left_out` returns them.

    Returns:
        Markdown, ending in a newline.
    """
    table = table.assign(number=table["finding"].map(number_of))
    table = table.sort_values(["number", "corpus", "model", "effect"], kind="stable", na_position="first")
    lines = [
        "# Conclusions, put to the test", "",
        "C1 to C14 are the study's, the others were published since. Each but C25 was stated as a test before looking at the "
        f"numbers; docs/findings.md describes the tests. Intrinsic dimension is `{settings.id}`, anisotropy "
        f"is `{settings.anisotropy}`; models ran in {settings.dtype}.", "",
        *(f"- **{word}**: {meaning}." for word, meaning in (VERDICTS | TERMS).items()), "", *_overview(table), "",
    ]  # fmt: skip
    for finding, rows in table.groupby("finding", sort=False):
        first = rows.iloc[0]
        lines += [f"## {finding}. {first['claim']}", "", f"*{first['question']}*", ""]
        lines += [*map(_bullet, rows.to_dict("records")), ""]
    if len(left_out):
        lines += ["## Texts left out", "", "They take no part in any test between languages.", ""]
        each = (left_out["text"] + " (" + left_out["reason"] + ")").groupby([left_out[key] for key in PANEL]).agg("; ".join)
        for (corpus, some), models in each.reset_index(name="texts").groupby(["corpus", "texts"])["model"]:
            lines.append(f"- **{', '.join(models)}** on {corpus}: {some}.")
        lines.append("")
    lines += ["## What to keep in mind", "", *(f"- {caution}" for caution in CAUTIONS)]
    return "\n".join(lines) + "\n"


def _overview(table: pd.DataFrame) -> list[str]:
    """Return a table of how many tests of each conclusion ended in each verdict."""
    lines = ["| | " + " | ".join(VERDICTS) + " |", "|---|" + "---|" * len(VERDICTS)]
    for finding, rows in table.groupby("finding", sort=False):
        counts = rows["verdict"].value_counts()
        lines.append(f"| {finding} | " + " | ".join(str(counts.get(verdict, "")) for verdict in VERDICTS) + " |")
    return lines


def _bullet(row: dict[str, Any]) -> str:
    """Return what one test gave: model, verdict, effect with interval, n and p, and the notes."""
    where = f"**{row['model']}** on {row['corpus']}" if present(row["model"]) else "Here"
    scope = f" {row['scope']}" if not present(row["reason"]) else ""
    verdict = f"**{row['verdict']}**{scope}" + (f", in doubt: {row['doubt']}" if present(row["doubt"]) else "")
    parts = [f"- {where}: {verdict}" + (f" ({row['reason']})" if present(row["reason"]) else "")]
    if present(row["value"]):
        interval = f" [{number_words(row['low'])}, {number_words(row['high'])}]" if present(row["low"]) else ""
        families = f" of {row['families']} families" if present(row["families"]) else ""
        effect, counted = str(row["effect"]), f"n = {row['n']} {row['unit']}{families}"
        parts.append(f"{effect[0].upper()}{effect[1:]}: {number_words(row['value'])}{interval}, {counted}")
    if not present(row["reason"]):
        parts[-1] += f"; p {p_words(row['p'])}, corrected {p_words(row['p_adjusted'])}"
        if row["verdict"] == "no evidence" and present(row["detectable"]):
            parts[-1] += f"; detectable {number_words(row['detectable'])}"
    parts.append(str(row["note"]).rstrip(".") if present(row["note"]) else "")
    return ". ".join(filter(None, parts)) + "."


def present(value: Any) -> bool:
    """Whether a cell of a table holds something."""
    return not (value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)))


def number_words(value: Any) -> str:
    """Write a number with two decimals, or two digits where those would say nothing."""
    number = float(value)
    if number == 0 or 0.01 <= abs(number) < 1000:
        return f"{number:.2f}".replace("-0.00", "0.00")
    return f"{number:.2g}"


def p_words(value: Any) -> str:
    """Write a p with its sign: "= 0.012", "< 0.001"."""
    number = float(value)
    return f"= {number:.3f}" if number >= 0.001 else "< 0.001"
