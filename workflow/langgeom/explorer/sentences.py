"""The sentences that the page shows: those nearest to and farthest from their translations, and those with shaded tokens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from langgeom.errors import UserError


def choose(aligned: pd.DataFrame, lines: Mapping[tuple[str, str], Path], reference: str, most: int = 5) -> dict[str, Any]:
    """Choose sentences, and read them and their translations.

    Args:
        aligned: rows of `table.ALIGNED`.
        lines: the file of each (corpus, text), one sentence a line.
        reference: the text that the others are translations of.
        most: how many sentences from each end. A text with fewer than twice as many shows no sentence twice.

    Returns:
        `chosen`: for each model, corpus and text `layer`, `of` (how many sentences were compared), and `best` and `worst`,
        lists of (line, cosine) from the end inwards. `lines`: for each corpus and text the sentences by line.

    Raises:
        UserError: the file of a text is not given, or does not have the line.
    """
    chosen: dict[str, Any] = {}
    wanted: dict[tuple[str, str], set[int]] = {}
    compared = aligned[aligned["text"] != reference].sort_values(["cosine", "line"], kind="stable")
    for (model, corpus, text), rows in compared.groupby(["model", "corpus", "text"], sort=True):
        known = rows.dropna(subset="cosine")
        ends = [(int(line), round(float(cosine), 4)) for line, cosine in zip(known["line"], known["cosine"], strict=True)]
        half = min(most, len(ends) // 2)
        worst, best = ends[:half], ends[::-1][:half]
        about = {"layer": int(rows["layer"].iloc[0]), "of": len(ends), "best": best, "worst": worst}
        chosen.setdefault(model, {}).setdefault(corpus, {})[text] = about
        for name in (text, reference):
            wanted.setdefault((corpus, name), set()).update(line for line, _ in (*best, *worst))
    shown: dict[str, Any] = {}
    for (corpus, text), numbers in sorted(wanted.items()):
        shown.setdefault(corpus, {})[text] = _read_lines(corpus, text, lines, sorted(numbers))
    return {"chosen": chosen, "lines": shown}


def shown_tokens(tokens: pd.DataFrame, lines: Mapping[tuple[str, str], Path]) -> dict[str, Any]:
    """Return what the page shows of rows of `table.TOKENS`.

    Args:
        lines: the file of each (corpus, text), one sentence a line.

    Returns:
        `shown`: for each model, corpus and text by line the `ends` of its tokens, and by layer and line the `dimensions` of
        each, to two digits (the relative error is a quarter), None where it has none. `lines`: as `choose` returns them.

    Raises:
        UserError: the file of a text is not given, or does not have the line.
    """
    shown: dict[str, Any] = {}
    sentences: dict[str, Any] = {}
    for (model, corpus, text), rows in tokens.groupby(["model", "corpus", "text"], sort=True):
        first = rows[rows["layer"] == rows["layer"].min()]
        dimensions: dict[str, dict[str, list[float | None]]] = {}
        for (layer, line), some in rows.groupby(["layer", "line"]):
            rounded = [None if pd.isna(value) else float(f"{value:.2g}") for value in some["dimension"]]
            dimensions.setdefault(str(layer), {})[str(line)] = rounded
        ends = {str(line): some["end"].tolist() for line, some in first.groupby("line")}
        shown.setdefault(model, {}).setdefault(corpus, {})[text] = {"ends": ends, "dimensions": dimensions}
        sentences.setdefault(corpus, {})[text] = _read_lines(corpus, text, lines, sorted(first["line"].unique().tolist()))
    return {"shown": shown, "lines": sentences}


def _read_lines(corpus: str, text: str, lines: Mapping[tuple[str, str], Path], numbers: list[int]) -> dict[str, str]:
    """Return some sentences of a text by their numbers, ascending. UserError: the file is not given, or lacks one."""
    if (corpus, text) not in lines:
        raise UserError(f"the page shows sentences of {text} in {corpus}, but the file of that text was not given.")
    sentences = lines[corpus, text].read_text(encoding="utf-8").split("\n")
    if numbers and numbers[-1] >= len(sentences):
        raise UserError(f"{lines[corpus, text]} has no line {numbers[-1]}: it is not the text that the model was run on.")
    return {str(number): sentences[number] for number in numbers}
