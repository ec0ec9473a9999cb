"""The findings on the page: all conclusions at a glance, then each with its tests."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from langgeom.findings.outcome import CONTRADICTED, NO_EVIDENCE, NOT_TESTABLE, SUPPORTED, VERDICTS
from langgeom.findings.prose import CAUTIONS, clustered_words, number_of, number_words, p_words, present
from langgeom.pages.html import Markup, fill
from langgeom.report.parts import NOTHING, Cell, code, many, table, text

__all__ = ["MEANINGS", "cautions", "conclusions", "glance", "legend", "ordered", "tally", "total"]

MEANINGS = {
    SUPPORTED: "the data bear the claim out: p ≤ 0.05 after Holm's correction over all tests on one corpus",
    CONTRADICTED: "the data bear the contrary out, by the same measure",
    NO_EVIDENCE: "the data decide neither way, which is not evidence of the contrary",
    NOT_TESTABLE: "what a test needs is not there; the reason says what",
}
# Shapes tell verdicts apart without colour; the figure of the findings has the same.
SHAPES = {
    SUPPORTED: '<circle cx="6" cy="6" r="5" fill="currentColor"/>',
    CONTRADICTED: '<path d="M1.5 1.5l9 9m0-9l-9 9" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>',
    NO_EVIDENCE: '<path d="M6 1l5 5-5 5-5-5z" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    NOT_TESTABLE: '<path d="M1 6h10" stroke="currentColor" stroke-width="1.8"/>',
}
MINUS = re.compile(r"(?<![\w)])-(?=\d)")
HEAD = ("Model", "Verdict", "Value", "n", "Corrected p", "Remarks")


def mark(verdict: str, number: int | None = None, doubt: str = "") -> Markup:
    """Return a verdict's shape and word, with how often it was reached where that is given, and why it is in doubt."""
    said = f"{number} {verdict}" if number is not None else verdict
    shape = Markup(f'<svg viewBox="0 0 12 12" aria-hidden="true">{SHAPES.get(verdict, SHAPES[NOT_TESTABLE])}</svg>')
    return Markup(
        fill(
            '<span class="verdict {{kind}}">{{shape}}{{said}}</span>',
            {"kind": verdict.replace(" ", "-"), "said": f"{said} ({doubt})" if doubt else said},
            {"shape": shape},
        )
    )


def legend() -> Markup:
    """Return what each verdict means."""
    lines = (
        fill("<dt>{{mark}}</dt><dd>{{said}}</dd>", {"said": said}, {"mark": mark(verdict)})
        for verdict, said in MEANINGS.items()
    )
    return Markup('<dl class="legend">' + "".join(lines) + "</dl>")


def ordered(findings: pd.DataFrame) -> pd.DataFrame:
    """Return findings in the order of the study."""
    findings = findings.assign(number=findings["finding"].map(number_of))
    return findings.sort_values(["number", "effect", "corpus", "model"], kind="stable", na_position="first", ignore_index=True)


def tally(rows: pd.DataFrame) -> Markup:
    """Return how many of the rows reached each verdict, those that none reached left out."""
    reached = [(verdict, rows[rows["verdict"] == verdict]) for verdict in VERDICTS]
    doubted = {verdict: int(mine["doubt"].notna().sum()) for verdict, mine in reached}
    said = (
        mark(verdict, len(mine), f"{doubted[verdict]} in doubt" if doubted[verdict] else "")
        for verdict, mine in reached
        if len(mine)
    )
    return Markup(" ".join(said))


def glance(findings: pd.DataFrame) -> Markup:
    """Return all conclusions, each with its claim and how many tests ended in each verdict."""
    lines = [
        fill(
            '<li><a href="#{{finding}}"><span class="number">{{finding}}</span> {{claim}}</a> '
            '<span class="tally">{{tally}}</span></li>',
            {"finding": str(finding), "claim": rows["claim"].iloc[0]},
            {"tally": tally(rows)},
        )
        for finding, rows in ordered(findings).groupby("finding", sort=False)
    ]
    return Markup('<ol class="glance">\n' + "\n".join(lines) + "\n</ol>")


def conclusions(findings: pd.DataFrame) -> Markup:
    """Return each conclusion with its question and a table for each effect that was tested."""
    several = findings["corpus"].nunique() > 1
    return Markup("\n".join(_conclusion(rows, several) for _, rows in ordered(findings).groupby("finding", sort=False)))


def _conclusion(rows: pd.DataFrame, several: bool) -> Markup:
    first = rows.iloc[0]
    effects = []
    for effect, tests in rows.groupby("effect", sort=False):
        lines = [_test(row, several) for row in tests.to_dict("records")]
        effects.append(table(str(effect)[:1].upper() + str(effect)[1:], HEAD, lines, shown=True))
    section = fill(
        '<section class="finding" id="{{finding}}" aria-labelledby="{{finding}}-claim">\n'
        '<h3 id="{{finding}}-claim"><span class="number">{{finding}}</span> {{claim}}</h3>\n'
        '<p class="question">{{question}}</p>\n{{effects}}\n</section>',
        {"finding": first["finding"], "claim": first["claim"], "question": first["question"]},
        {"effects": Markup("\n".join(effects))},
    )
    return Markup(section)


def _test(row: dict[str, Any], several: bool) -> tuple[Cell, ...]:
    model = str(row["model"]) if present(row["model"]) else "none"
    if several and present(row["corpus"]):
        model += f" · {row['corpus']}"
    value = number_words(row["value"]) if present(row["value"]) else NOTHING
    if present(row["value"]) and present(row["low"]):
        value += f" [{number_words(row['low'])}, {number_words(row['high'])}]"
    corrected = p_words(row["p_adjusted"]).removeprefix("= ") if present(row["p_adjusted"]) else NOTHING
    counted = f"{row['n']} {row['unit']}" if present(row["n"]) and row["n"] > 0 else NOTHING
    return (
        Cell(model),
        Cell(markup=Markup(mark(row["verdict"]) + _doubt(row["doubt"]))),
        Cell(MINUS.sub("−", value), numeric=True),
        Cell(counted),
        Cell(corrected, numeric=True),
        Cell(_remarks(row)),
    )


def _doubt(doubt: Any) -> str:
    return fill('<div class="doubt">in doubt: {{doubt}}</div>', {"doubt": doubt}, {}) if present(doubt) else ""


def _remarks(row: dict[str, Any]) -> str:
    said = [str(row[column]).strip().rstrip(".") for column in ("reason", "note") if present(row[column])]
    said = [words[:1].upper() + words[1:] for words in said]
    if row["verdict"] == NO_EVIDENCE and present(row["detectable"]):
        said.insert(0, f"Detectable: {number_words(row['detectable'])}")
    if clustered := clustered_words(row):
        said.append(clustered)
    return MINUS.sub("−", "".join(f"{words}. " for words in said).strip())


def cautions() -> Markup:
    """Return what holds of the findings of any run."""
    return Markup("<ul>" + "".join(f"<li>{_with_code(said)}</li>" for said in CAUTIONS) + "</ul>")


def _with_code(said: str) -> Markup:
    """Return Markdown's `code` as markup, the rest as text."""
    pieces = said.split("`")
    return Markup("".join(code(piece) if place % 2 else text(piece) for place, piece in enumerate(pieces)))


def total(findings: pd.DataFrame) -> str:
    """Return how many conclusions were put to how many tests."""
    testable = int((findings["verdict"] != NOT_TESTABLE).sum())
    return f"{many(findings['finding'].nunique(), 'conclusion')}, {many(testable, 'test')}"
