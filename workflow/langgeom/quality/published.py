"""Published scores: the reader of `workflow/data/scores.tsv`, and the rows of quality that it gives a model."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from langgeom.data import DATA, read_tsv
from langgeom.errors import UserError, nearest
from langgeom.names import TextName

__all__ = ["SCORES", "Score", "binomial", "matching", "published", "published_names", "read_scores"]

SCORES = DATA / "scores.tsv"
COLUMNS = ("model", "revision", "harness", "shots", "lang", "script", "value", "n", "source")
# One written language under two codes: FLORES-200 says zho, FLORES+ and the UDHR cmn.
SAME = {"zho": "cmn"}
NORMAL = 1.959963984540054


class Score(NamedTuple):
    """One published score: an MMLU accuracy, as a share; `n` the questions behind it, where the source says."""

    model: str
    revision: str
    harness: str
    shots: int
    lang: str
    script: str
    value: float
    n: int | None
    source: str


@functools.cache
def read_scores(path: Path = SCORES) -> tuple[Score, ...]:
    """Read a file of published scores, whose values are per cent.

    Raises:
        UserError: a column lacks, a value is none between 0 and 100, or a model, harness and language stand there twice.
    """
    rows = read_tsv(path)
    if any(tuple(row) != COLUMNS for row in rows):
        raise UserError(f"{path.name} has the columns {', '.join(rows[0])}; it needs {', '.join(COLUMNS)}.")
    scores = tuple(_score(path.name, row) for row in rows)
    seen: set[tuple[str, str, str, str]] = set()
    for score in scores:
        key = (score.model, score.harness, score.lang, score.script)
        if key in seen:
            raise UserError(f"{path.name} gives {', '.join(key)} twice; remove one.")
        seen.add(key)
    return scores


def _score(name: str, row: dict[str, str]) -> Score:
    try:
        value, shots, n = float(row["value"]), int(row["shots"]), int(row["n"]) if row["n"] else None
        if not 0 <= value <= 100 or (n is not None and n < 1):
            raise ValueError
    except (TypeError, ValueError):
        raise UserError(
            f"{name}, {row['model']} in {row['lang']}: value is '{row['value']}' (0 to 100), shots '{row['shots']}' (a whole "
            f"number), n '{row['n']}' (a whole number, or empty)."
        ) from None
    return Score(
        row["model"], row["revision"], row["harness"], shots, row["lang"], row["script"], value / 100, n, row["source"]
    )


def published_names() -> list[str]:
    """Return the names of the models that have published scores, in the file's order."""
    return list(dict.fromkeys(score.model for score in read_scores()))


def published(model: str, name: str, texts: Iterable[str], path: Path = SCORES) -> list[dict[str, Any]]:
    """Return the rows of quality that published scores give a model, one a text that has one.

    Args:
        model: the model's name in the config.
        name: what `scores.tsv` calls it.
        texts: the texts of the config's corpora; a score belongs to the text of its language and script.
        path: the file of scores.

    Returns:
        Rows with `quality` "mmlu" and `origin` "published"; an interval (`binomial`) only where n is known.

    Raises:
        UserError: no model of that name has scores.
    """
    scores = [score for score in read_scores(path) if score.model == name]
    if not scores:
        names = list(dict.fromkeys(score.model for score in read_scores(path)))
        raise UserError(f"'{name}' has no published scores; there are: {', '.join(names)}.{nearest(name, names)}")
    texts = sorted(set(texts))
    rows = []
    for score in scores:
        low, high = binomial(score.value, score.n) if score.n else (None, None)
        for text in matching(texts, score.lang, score.script):
            rows.append({
                "model": model, "text": text, "lang": TextName.parse(text).lang, "script": score.script, "quality": "mmlu",
                "origin": "published", "value": score.value, "low": low, "high": high, "n": score.n,
                "harness": score.harness, "shots": score.shots, "revision": score.revision, "source": score.source,
            })  # fmt: skip
    return rows


def matching(texts: Iterable[str], lang: str, script: str = "") -> list[str]:
    """Return the texts of a language, in a script where one is given; varieties (a third part of the name) are others."""
    found = []
    for text in texts:
        name = TextName.parse(text)
        same = SAME.get(name.lang, name.lang) == SAME.get(lang, lang)
        if same and not name.variant and script in ("", name.script):
            found.append(text)
    return found


def binomial(value: float, n: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of an accuracy [share] over n questions.

    Source: Wilson 1927, JASA 22:209; Brown, Cai, DasGupta 2001, Statistical Science 16:101.
    """
    square = NORMAL**2 / n
    centre = (value + square / 2) / (1 + square)
    half = NORMAL * math.sqrt(value * (1 - value) / n + square / (4 * n)) / (1 + square)
    return max(0.0, centre - half), min(1.0, centre + half)
