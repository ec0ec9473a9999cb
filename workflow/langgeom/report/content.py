"""What `page.html` shows of a run, as rows and words."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd

from langgeom.errors import UserError
from langgeom.figures.catalogue import FIGURES, Figure, reason_of
from langgeom.findings.prose import number_of, number_words, p_words, present
from langgeom.glossary import VERDICTS
from langgeom.pages import large, many, span
from langgeom.report import Inputs
from langgeom.report.run import Run, sentences

# A minus sign, where a hyphen stands before a number.
MINUS = re.compile(r"(?<![\w)])-(?=\d)")
# Longer remarks are folded behind their first sentence.
LONG = 160
# What was done to the lines of a text. Other counts are shown under their own names.
DONE = {"empty": "no translation", "merged": "merged", "cut": "cut short", "control_characters": "control characters removed",
        "direction_marks": "direction marks removed", "normalised": "normalised (NFC)"}  # fmt: skip


def conclusions(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the conclusions in the order of their numbers, each with its tests by effect, and the figures that show it."""
    findings = findings.assign(number=findings["finding"].map(number_of))
    findings = findings.sort_values(["number", "effect", "corpus", "model"], kind="stable", na_position="first")
    several = findings["corpus"].nunique() > 1
    found = []
    for finding, rows in findings.groupby("finding", sort=False):
        tests = [_test(row, several) for row in rows.to_dict("records")]
        found.append({
            **rows.iloc[0][["finding", "claim", "question"]],
            "tests": tests,
            "decided": min(list(VERDICTS).index(test["verdict"]) for test in tests),
            "effects": {effect: [test for test in tests if test["effect"] == effect] for effect in rows["effect"].unique()},
            "figures": [(name, _number(about) or about.title) for name, about in FIGURES.items() if finding in about.findings],
        })  # fmt: skip
    return found


def _test(row: dict[str, Any], several: bool) -> dict[str, Any]:
    known = {key: value for key, value in row.items() if present(value)}
    interval = f" [{number_words(row['low'])}, {number_words(row['high'])}]" if "low" in known else ""
    detectable = row["verdict"] == "no evidence" and "detectable" in known
    remarks = [f"detectable: {number_words(row['detectable'])}" if detectable else "",
               *(known.get(column, "").strip().rstrip(".") for column in ("reason", "note"))]  # fmt: skip
    said = MINUS.sub("−", " ".join(f"{some[:1].upper()}{some[1:]}." for some in remarks if some))
    first, _, rest = said.partition(". ") if len(said) > LONG else (said, "", "")
    return {
        "model": known.get("model", "none") + (f" · {row['corpus']}" if several and "corpus" in known else ""),
        "verdict": row["verdict"], "effect": row["effect"], "doubt": known.get("doubt", ""),
        "scope": "" if "reason" in known else known.get("scope", ""),
        "value": MINUS.sub("−", number_words(row["value"])) if "value" in known else "",
        "interval": MINUS.sub("−", interval),
        "n": many(int(row["n"]), row["unit"].removesuffix("s")) if known.get("n", 0) > 0 else None,
        "p": p_words(row["p_adjusted"]).removeprefix("= ") if "p_adjusted" in known else None,
        "remark": first + "." * bool(rest), "rest": rest,
    }  # fmt: skip


def _number(about: Figure) -> str:
    return f"Figure {about.alias.removeprefix('fig').lstrip('0')}" if about.alias else ""


def figures(inputs: Inputs, run: Run) -> list[dict[str, Any]]:
    """Return the figures in the order of the catalogue, each with its picture as data and the way to its numbers.

    Raises:
        UserError: a picture is missing, or is not an SVG.
    """
    return [_figure(about, inputs, run) for name, about in FIGURES.items() if name in inputs.figures]


def _figure(about: Figure, inputs: Inputs, run: Run) -> dict[str, Any]:
    path = inputs.figures[about.name]
    try:
        picture = path.read_bytes()
        reason = reason_of(picture)
    except OSError as error:
        raise UserError(f"the picture {path} cannot be read ({error}). Run the workflow to make it.") from None
    except ValueError as error:
        raise UserError(f"{path} is not an SVG ({error}). Delete it and run again.") from None
    return {
        "name": about.name, "title": about.title, "number": _number(about), "reason": reason, "findings": about.findings,
        # A caption says what to see in a picture; an empty one shows nothing of it.
        "caption": f"Nothing to draw: {reason}" if reason else about.caption,
        "data": base64.b64encode(picture).decode(), "explore": _explored(about, inputs.settings, run),
    }  # fmt: skip


def _explored(about: Figure, settings: Mapping[str, Any], run: Run) -> str:
    """Return the explorer's address with a figure's first metric chosen, by `{metric}/{over}`, where it has layers."""
    metric = str(settings.get("figures", {}).get(about.metrics[0], about.metrics[0]))
    over = set(run.metrics.loc[(run.metrics["metric"] == metric) & run.metrics["layer"].notna(), "over"])
    if not over:
        return "explorer.html"
    corpus = f"&corpus={quote(min(run.pair_corpora), safe='')}" if about.pairs and run.pair_corpora else ""
    return f"explorer.html#metric={quote(f'{metric}/{max(over)}', safe='')}{corpus}"


def models(run: Run) -> list[list[Any]]:
    """Return the cells of each model: what it is called and whose it is, kind, weights, architecture, sizes, number format."""
    return [
        [(model["name"], _origin(model["source"])), model["kind"], model["init"], model["model_type"],
         *(f"{model[key]:,}" for key in ("layers", "dim", "vocabulary")), large(model["parameters"]), model["dtype"]]
        for model in run.models
    ]  # fmt: skip


def _origin(source: Mapping[str, Any]) -> str:
    if "untrained" in source:
        return f"random weights, built like {source['untrained']}; seed {source.get('seed', 0)}"
    if "reference" not in source and "hub" in source:
        return f"{source['hub']} at {str(source.get('revision', ''))[:12]}"
    return str(source.get("reference") or source.get("folder", ""))


def corpora(run: Run) -> list[list[str]]:
    """Return the cells of each corpus: name, texts, lines, sentences a text, what was done to lines, source."""
    return [_corpus(corpus, list(run.texts_of(corpus).values()), corpus in run.pair_corpora) for corpus in run.corpora]


def _corpus(corpus: str, reports: list[Mapping[str, Any]], of_pairs: bool) -> list[str]:
    names = {key for report in reports for key, value in report.items() if isinstance(value, int)} - {"lines"}
    # In a corpus of pairs an empty line is one with an error of another type.
    names -= {"empty"} if of_pairs else set()
    totals = {
        key: sum(int(report.get(key, 0)) for report in reports)
        for key in [*filter(names.__contains__, DONE), *sorted(names - set(DONE))]
    }
    done = ", ".join(f"{total:,} {DONE.get(key, key)}" for key, total in totals.items() if total)
    sources = ", ".join(sorted({str(report.get("source", "")) for report in reports} - {""}))
    lines, whole = span([int(report["lines"]) for report in reports]), span(list(map(sentences, reports)))
    return [corpus, f"{len(reports):,}", lines, whole, done or "nothing", sources]
