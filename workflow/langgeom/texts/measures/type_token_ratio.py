"""Type-token ratio: the share of different words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from langgeom.texts.succession import of_succession

if TYPE_CHECKING:
    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

__all__ = ["type_token_ratio"]


def type_token_ratio(sentences: Sequence[Sequence[str]], resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Different words / all words of the text.

    It falls as a text grows, so only texts of one content and size compare; `mattr` does not have this fault.

    Args:
        sentences: the words of each.
        resample: bootstrap over sentences. A replicate repeats sentences and so has fewer types; the interval is moved to hold
            the estimate (`langgeom.metrics.resample`).
        seed: not used.

    Returns:
        The ratio, NaN without words; n the sentences.
    """
    return of_succession(sentences, resample, lambda types: len(np.unique(types)) / len(types) if len(types) else np.nan)
