"""What `page.html` shows of a run, as rows and words."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from langgeom.errors import UserError
from langgeom.figures.catalogue import FIGURES, reason_of
from langgeom.findings.prose import number_of, number_words, p_words, present
from langgeom.glossary import VERDICTS
from langgeom.languages import label
from langgeom.pages import large, span
from langgeom.report.run import Run, sentences

# A minus sign, where a hyphen stands before a number.
MINUS = re.compile(r"(?<![\w)])-(?=\d)")
# What was done to the lines of a text. Other counts are shown under their own names.
DONE = {
    "empty": "no translation",
    "merged": "merged",
    "cut": "cut short",
    "control_characters": "control characters removed",
    "direction_marks": "direction marks removed",
    "normalised": "normalised (NFC)",
}


def tally(rows: pd.DataFrame) -> list[tuple[str, int, int]]:
    """Return each verdict that was reached, how many tests reached it, and how many of these are in doubt."""
    reached = [(verdict, rows[rows["verdict"] == verdict]) for verdict in VERDICTS]
    return [(verdict, len(some), int(some["doubt"].notna().sum())) for verdict, some in reached if len(some)]


def conclusions(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the conclusions in the order of the study, each with its tests by effect."""
    findings = findings.assign(number=findings["finding"].map(number_of))
    findings = findings.sort_values(["number", "effect", "corpus", "model"], kind="stable", na_position="first")
    several = findings["corpus"].nunique() > 1
    return [
        {
            **rows.iloc[0][["finding", "claim", "question"]],
            "tally": tally(rows),
            "effects": {
                effect[:1].upper() + effect[1:]: [_test(row, several) for row in tests.to_dict("records")]
                for effect, tests in rows.groupby("effect", sort=False)
            },
        }
        for _, rows in findings.groupby("finding", sort=False)
    ]


def _test(row: dict[str, Any], several: bool) -> list[Any]:
    """Return the cells of one test: model, (verdict, scope, doubt), value, n, corrected p, remarks."""
    known = {key: value for key, value in row.items() if present(value)}
    interval = f" [{number_words(row['low'])}, {number_words(row['high'])}]" if "low" in known else ""
    return [
        known.get("model", "none") + (f" · {row['corpus']}" if several and "corpus" in known else ""),
        (row["verdict"], "" if "reason" in known else known.get("scope", ""), known.get("doubt", "")),
        MINUS.sub("−", number_words(row["value"]) + interval) if "value" in known else None,
        f"{row['n']} {row['unit']}" if known.get("n", 0) > 0 else None,
        p_words(row["p_adjusted"]).removeprefix("= ") if "p_adjusted" in known else None,
        MINUS.sub("−", _remarks(row, known)),
    ]


def _remarks(row: dict[str, Any], known: dict[str, Any]) -> str:
    detectable = row["verdict"] == "no evidence" and "detectable" in known
    words = [
        f"detectable: {number_words(row['detectable'])}" if detectable else "",
        *(known.get(column, "").strip().rstrip(".") for column in ("reason", "note")),
    ]
    return " ".join(f"{some[:1].upper()}{some[1:]}." for some in words if some)


def figures(files: Mapping[str, Path]) -> list[dict[str, str]]:
    """Return the figures in the order of the catalogue, each with its picture as data.

    Args:
        files: the SVG of each figure, by its name.

    Raises:
        UserError: a picture is missing, or is not an SVG.
    """
    return [_figure(name, files[name]) for name in FIGURES if name in files]


def _figure(name: str, path: Path) -> dict[str, str]:
    figure = FIGURES[name]
    try:
        picture = path.read_bytes()
        reason = reason_of(picture)
    except OSError as error:
        raise UserError(f"the picture {path} cannot be read ({error}). Run the workflow to make it.") from None
    except ValueError as error:
        raise UserError(f"{path} is not an SVG ({error}). Delete it and run again.") from None
    return {
        "name": name,
        "title": figure.title,
        "number": figure.alias.removeprefix("fig").lstrip("0"),
        "reason": reason,
        # A caption says what to see in a picture; an empty one shows nothing of it.
        "caption": f"Nothing to draw: {reason}" if reason else figure.caption,
        "data": base64.b64encode(picture).decode(),
    }


def models(run: Run) -> list[dict[str, Any]]:
    """Return the cells of each model, where its weights are from, and what pins them."""
    return [
        {
            "name": model["name"],
            "cells": [
                (model["name"], _origin(model["source"])), model["kind"], model["init"], model["model_type"],
                *(f"{model[key]:,}" for key in ("layers", "dim", "vocabulary")), large(model["parameters"]), model["dtype"],
            ],
            "source": [
                *flat(model["source"]), ("fingerprint", model["fingerprint"]),
                *((f"sha256 of {name}", digest) for name, digest in model["files"].items()),
            ],
        }
        for model in run.models
    ]  # fmt: skip


def _origin(source: Mapping[str, Any]) -> str:
    """Return whose a model is: what the config says, or where it is from."""
    if "untrained" in source:
        return f"random weights, built like {source['untrained']}; seed {source.get('seed', 0)}"
    if "reference" not in source and "hub" in source:
        return f"{source['hub']} at {str(source.get('revision', ''))[:12]}"
    return str(source.get("reference") or source.get("folder", ""))


def corpora(run: Run) -> list[dict[str, Any]]:
    """Return the cells of each corpus, and those of its texts."""
    return [_corpus(corpus, run.texts_of(corpus), corpus in run.pair_corpora) for corpus in run.corpora]


def _corpus(corpus: str, texts: Mapping[str, Mapping[str, Any]], of_pairs: bool) -> dict[str, Any]:
    reports = list(texts.values())
    done = {key: sum(int(report.get(key, 0)) for report in reports) for key in _counts(reports)}
    done = {key: total for key, total in done.items() if total}
    # In a corpus of pairs an empty line is one with an error of another type.
    words = [f"{total:,} {DONE.get(key, key)}" for key, total in done.items() if not (of_pairs and key == "empty")]
    return {
        "name": corpus,
        "cells": [
            corpus, f"{len(texts):,}", span([int(report["lines"]) for report in reports]), span(list(map(sentences, reports))),
            ", ".join(words) or "nothing", ", ".join(sorted({str(report.get("source", "")) for report in reports} - {""})),
        ],
        "counts": [DONE.get(key, key) for key in done],
        "texts": [
            [text, label(text, texts), f"{sentences(report):,}", *(f"{int(report.get(key, 0)):,}" for key in done)]
            for text, report in texts.items()
        ],
    }  # fmt: skip


def _counts(reports: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the counts in reports on texts, the known ones first."""
    names = {key for report in reports for key, value in report.items() if isinstance(value, int)} - {"lines"}
    return [key for key in DONE if key in names] + sorted(names - set(DONE))


def flat(value: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield the settings in nested mappings and lists, each with its path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        for place, inner in enumerate(value, start=1):
            yield from flat(inner, f"{name} {place}" if len(value) > 1 else name)
    elif isinstance(value, list | tuple):
        yield name, ", ".join(map(str, value)) or "none"
    else:
        yield name, {True: "yes", False: "no", None: "none"}[value] if value is None or isinstance(value, bool) else value
