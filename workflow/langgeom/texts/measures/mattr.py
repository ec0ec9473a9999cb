"""Moving-average type-token ratio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from langgeom.texts.succession import of_succession

if TYPE_CHECKING:
    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

__all__ = ["WINDOW", "mattr", "moving_average"]

# Words. Long enough to hold several sentences of any language, and shorter than any text that is worth a measure.
WINDOW = 500


def mattr(sentences: Sequence[Sequence[str]], resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Moving-average type-token ratio: the mean over all windows of 500 successive words.

    Unlike the type-token ratio it does not depend on the text's length.

    Args and returns are those of `type_token_ratio`; NaN below 500 words.

    Source: Covington & McFall 2010, Journal of Quantitative Linguistics 17(2), 94-100.
    """
    return of_succession(sentences, resample, lambda types: moving_average(types, WINDOW))


def moving_average(types: np.ndarray, window: int) -> float:
    """Return the mean over all windows of this many successive words of the share of different ones; NaN where none fits.

    Args:
        types: [words] integers, equal for equal words.
        window: words, at least 1.
    """
    n = len(types)
    if n < window:
        return float("nan")
    # A word adds a type to the windows that it is the first of its kind in: those that start after its last occurrence.
    order = np.argsort(types, kind="stable")
    again = types[order][1:] == types[order][:-1]
    last = np.full(n, -1)
    last[order[1:][again]] = order[:-1][again]
    at = np.arange(n)
    starts = np.minimum(at, n - window) - np.maximum(last + 1, np.maximum(at - window + 1, 0)) + 1
    return float(starts.clip(min=0).sum() / (window * (n - window + 1)))
