"""Functions of the succession of words in a text, with their bootstrap over sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

__all__ = ["of_succession"]


def of_succession(
    sentences: Sequence[Sequence[str]], resample: Resample | None, function: Callable[[np.ndarray], float]
) -> Estimate:  # fmt: skip
    """Apply a function to all words of a text, and to those of each bootstrap replicate.

    Args:
        sentences: the words of each.
        resample: bootstrap over sentences.
        function: of [words] integers, equal for equal words.

    Returns:
        Its value, NaN where the function says so; n the sentences.
    """
    import torch

    from langgeom.metrics.resample import summarise

    numbers: dict[str, int] = {}
    lines = [np.array([numbers.setdefault(word, len(numbers)) for word in line], dtype=np.int64) for line in sentences]
    value = function(_joined(lines))
    replicates = None
    if resample is not None and len(lines) > 1:
        drawn = [function(_joined(_drawn(lines, counts))) for counts in resample.counts(len(lines)).numpy()]
        replicates = torch.tensor(drawn, dtype=torch.float64)[:, None]
    number = torch.tensor([value], dtype=torch.float64)
    return summarise(number, [len(lines)], [0], replicates, resample, scalar=True)


def _joined(lines: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(lines) if lines else np.empty(0, dtype=np.int64)


def _drawn(lines: Sequence[np.ndarray], counts: np.ndarray) -> list[np.ndarray]:
    """Return the sentences drawn, in the text's order, their second copies after all first ones, and so on.

    Copies side by side would empty the windows that hold both.
    """
    return [lines[index] for copy in range(int(counts.max())) for index in map(int, np.flatnonzero(counts > copy))]
