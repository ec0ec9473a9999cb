"""All measures of one text, as rows of the table `texts`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langgeom.texts.registry import function
from langgeom.words import has_words, words

if TYPE_CHECKING:
    from langgeom.metrics.resample import Resample

__all__ = ["measure_text"]


def measure_text(text: str, lines: Sequence[str], names: Sequence[str], resample: Resample, seed: int) -> list[dict[str, Any]]:
    """Measure a text.

    Args:
        text: its name, which says whether its script parts words by spaces.
        lines: one sentence each, empty where there is none.
        names: measures, names in `registry.MEASURES`.
        resample: bootstrap over the sentences that have words.
        seed: of whatever else is random.

    Returns:
        A row a measure: `measure`, `value`, `low`, `high` (None where missing) and `n`, the words; without spaces between words
        n is 0 and nothing has a value.
    """
    split = map(words, lines) if has_words(text) else iter(())
    sentences = [sentence for sentence in split if sentence]
    n = sum(map(len, sentences))
    rows = []
    for name in names:
        row: dict[str, Any] = {"measure": name, "value": None, "low": None, "high": None, "n": n}
        if sentences:
            found = function(name)(sentences, resample, seed)
            numbers = {"value": float(found.value), "low": found.low, "high": found.high}
            row |= {key: _number(number) for key, number in numbers.items()}
        rows.append(row)
    return rows


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
