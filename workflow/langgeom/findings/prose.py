"""The findings as a page to read, in Markdown: the study's conclusions one after another, with numbers, for each model."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from langgeom.analysis.statistics import correlation_interval, detectable_correlation
from langgeom.findings.outcome import SMALL_R
from langgeom.glossary import TERMS, VERDICTS

INTRODUCTION = (
    "Each conclusion of the study was stated as a test before looking at the numbers; docs/findings.md describes the tests.",
    "",
    *(f"- **{word}**: {meaning}." for word, meaning in (VERDICTS | TERMS).items()),
)
CAUTIONS = (
    "Languages of one family resemble each other, so n languages tell less than n independent ones: intervals and p are too "
    "sharp by an unknown amount. Where families allow it (five or more, none with over 70 % of the languages), the interval of "
    "a bootstrap that draws whole families stands beside; a verdict that this wider view would not bear is called fragile.",
    "A test over languages generalises to other languages in the same model. It says nothing of other models.",
    "In a causal decoder, sentences that begin alike have equal vectors there at every layer, not at the embedding only; an "
    "encoder has none after it. `id_microscope` rises with such copies, in each language by another amount, so languages, or "
    "decoder and encoder, may differ in it by copies alone. `id_twonn` drops them: where it was measured too, each row says "
    "what it gives (a note, not a further test). What depends on the estimator is not shown of the models.",
    "The intrinsic dimension depends on the number of points, and a text that needs few tokens has fewer: `n` in the table of "
    "metrics. A correlation with anything that goes with the number of tokens may come from that alone.",
    f"20 languages leave a rank correlation of zero an interval of ±{correlation_interval(0, 20, True)[1]:.2f}, so a claim of "
    f"no correlation (within ±{SMALL_R}) cannot be supported by so few, and one under "
    f"{detectable_correlation(20, True):.2f} is found in less than 80 % of cases.",
)


def number_of(finding: str) -> int:
    """Return 10 of "C10"."""
    return int(finding[1:])


def page(table: pd.DataFrame) -> str:
    """Write the table `findings` as a page.

    Returns:
        Markdown, ending in a newline.
    """
    table = table.assign(number=table["finding"].map(number_of))
    table = table.sort_values(["number", "corpus", "model", "effect"], kind="stable", na_position="first")
    lines = ["# The study's conclusions, put to the test", "", *INTRODUCTION, "", *_overview(table), ""]
    for finding, rows in table.groupby("finding", sort=False):
        first = rows.iloc[0]
        lines += [f"## {finding}. {first['claim']}", "", f"*{first['question']}*", ""]
        for _, effects in rows.groupby("effect", sort=False):
            lines += [_bullet(row) for row in effects.to_dict("records")] + [""]
    lines += ["## What to keep in mind", "", *(f"- {caution}" for caution in CAUTIONS)]
    return "\n".join(lines) + "\n"


def _overview(table: pd.DataFrame) -> list[str]:
    """Return a table of how many tests of each conclusion ended in each verdict."""
    lines = ["| | " + " | ".join(VERDICTS) + " |", "|---|" + "---|" * len(VERDICTS)]
    for finding, rows in table.groupby("finding", sort=False):
        cells = [_counted(rows[rows["verdict"] == verdict]) for verdict in VERDICTS]
        lines.append(f"| {finding} | " + " | ".join(cells) + " |")
    return lines


def _counted(rows: pd.DataFrame) -> str:
    doubted = int(rows["doubt"].notna().sum())
    return "" if rows.empty else f"{len(rows)}" + (f" ({doubted} in doubt)" if doubted else "")


def _bullet(row: dict[str, Any]) -> str:
    where = f"**{row['model']}** on {row['corpus']}" if present(row["model"]) else "Here"
    parts = [f"- {where}: **{row['verdict']}**" + (f", in doubt: {row['doubt']}" if present(row["doubt"]) else "")]
    if present(row["reason"]):
        parts[0] += f": {row['reason']}"
    said = [effect_words(row)] if present(row["value"]) else []
    if not present(row["reason"]):
        said.append(f"p {p_words(row['p'])}, corrected {p_words(row['p_adjusted'])}")
        if row["verdict"] == "no evidence" and present(row["detectable"]):
            said.append(f"detectable {number_words(row['detectable'])}")
    if said:
        parts.append("; ".join(said))
    parts += [clustered_words(row), str(row["note"]).rstrip(".") if present(row["note"]) else ""]
    return ". ".join(filter(None, parts)) + "."


def effect_words(row: dict[str, Any]) -> str:
    """Return a finding's effect with its value, interval and n."""
    interval = f" [{number_words(row['low'])}, {number_words(row['high'])}]" if present(row["low"]) else ""
    effect = str(row["effect"])
    return f"{effect[0].upper()}{effect[1:]} {number_words(row['value'])}{interval}, n = {row['n']} {row['unit']}"


def clustered_words(row: dict[str, Any]) -> str:
    """Return the interval over families, and why the verdict is fragile by it; "" where there is none."""
    if not present(row["clustered_low"]):
        return ""
    said = f"Over {row['families']} families [{number_words(row['clustered_low'])}, {number_words(row['clustered_high'])}]"
    if "fragile" not in str(row["doubt"]):
        return said
    if row["verdict"] == "supported" and row["claimed"] == 0:
        return said + f", which reaches beyond ±{number_words(row['bound'])}: fragile"
    return said + f", which holds {number_words(row['centre'])}: fragile"


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
