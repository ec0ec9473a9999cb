"""Which sentences the page shows: of each model and text those nearest to and farthest from their translations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from langgeom.errors import UserError

def choose(aligned: pd.DataFrame, lines: Mapping[tuple[str, str], Path], reference: str, most: int = 5) -> dict[str, Any]:
    """Choose sentences, and take their text and their translations'.

    Args:
        aligned: rows of `ALIGNED`.
        lines: the file of each (corpus, text), one sentence a line.
        reference: the text that the others are translations of.
        most: how many sentences from each end; a text with fewer than twice as many shows each once.

    Returns:
        `chosen`: for each model, corpus and text `layer`, `of` (how many sentences were compared), and `best` and `worst`, each
        a list of [line, cosine], from the end inwards; and `lines`: for each corpus and text the sentences by line.

    Raises:
        UserError: a text's file that is not given, or that has not the line.
    """
    chosen: dict[str, Any] = {}
    wanted: dict[tuple[str, str], set[int]] = {}
    compared = aligned[aligned["text"] != reference].sort_values(["cosine", "line"], kind="stable")
    for (model, corpus, text), rows in compared.groupby(["model", "corpus", "text"], sort=True):
        ends = rows[["line", "cosine"]].dropna().astype({"line": int}).to_numpy(dtype=object).tolist()
        half = min(most, len(ends) // 2)
        worst, best = ends[:half], ends[::-1][:half]
        shown = {"layer": int(rows["layer"].iloc[0]), "of": len(ends), "best": _rounded(best), "worst": _rounded(worst)}
        chosen.setdefault(model, {}).setdefault(corpus, {})[text] = shown
        for name in (text, reference):
            wanted.setdefault((corpus, name), set()).update(int(line) for line, _ in (*best, *worst))
    found: dict[str, Any] = {}
    for (corpus, text), numbers in sorted(wanted.items()):
        found.setdefault(corpus, {})[text] = _lines(corpus, text, lines, sorted(numbers))
    return {"chosen": chosen, "lines": found}


def _rounded(ends: list[list[Any]]) -> list[list[Any]]:
    return [[int(line), round(float(cosine), 4)] for line, cosine in ends]


def _lines(corpus: str, text: str, lines: Mapping[tuple[str, str], Path], numbers: list[int]) -> dict[str, str]:
    if (corpus, text) not in lines:
        raise UserError(f"the sentences of {text} in {corpus} are to be shown, but its file was not given.")
    sentences = lines[corpus, text].read_text(encoding="utf-8").split("\n")
    if numbers and numbers[-1] >= len(sentences):
        raise UserError(f"{lines[corpus, text]} has no line {numbers[-1]}: it is not the text that the model was run on.")
    return {str(number): sentences[number] for number in numbers}
