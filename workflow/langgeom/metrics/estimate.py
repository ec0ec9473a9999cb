"""What a metric returns, the errors and warnings it may raise, and the check of its integer settings."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

import torch
from torch import Tensor

# The share of random pairings that a similarity is to exceed.
LEVEL = 0.95


class MetricError(ValueError):
    """An input that a metric cannot take; the message names the metric, the value found and what is needed."""


class MissingValueWarning(UserWarning):
    """A value is NaN since the metric is not defined there (too few points, all equal); its docstring says when."""


@dataclass(frozen=True, repr=False, eq=False)
class Estimate:
    """A measurement of one cloud (0-d tensors) or of every layer (tensors [layers]), on the CPU.

    Attributes:
        value: float64; NaN where the metric is not defined, as its docstring says.
        n: int64, points the value rests on (sentences for aligned metrics and those of the text).
        dropped: int64, points left out, such as duplicates.
        low, high: float64, ends of the interval; None when none was asked for.
        half_a, half_b: float64, the value in two fixed halves of the sentences; None but for metrics of neighbours.
        swapped: float64 [swaps] or [swaps, layers], a difference of two versions with their labels swapped in some sentences.
        permuted: float64 [pairings] or [pairings, layers], a similarity of sentences that are paired at random.
        less: whether a smaller value is a greater similarity.
    """

    value: Tensor
    n: Tensor
    dropped: Tensor
    low: Tensor | None = None
    high: Tensor | None = None
    half_a: Tensor | None = None
    half_b: Tensor | None = None
    swapped: Tensor | None = None
    permuted: Tensor | None = None
    less: bool = False

    @property
    def p(self) -> Tensor | None:
        """How likely by chance, as `value`: a difference as large either way when labels are swapped, or a similarity as great
        when sentences are paired at random; exact.
        """
        draws, value = self.swapped, self.value.abs()
        if draws is not None:
            draws = draws.abs()
        elif self.permuted is not None:
            draws, value = (-self.permuted, -self.value) if self.less else (self.permuted, self.value)
        else:
            return None
        # Draws that come to the same thing may be rounded differently.
        reached = (draws >= value - 1e-12 * value.abs()).sum(0)
        return torch.where(value.isnan(), torch.nan, (1 + reached.double()) / (1 + len(draws)))

    @property
    def null(self) -> Tensor | None:
        """What a similarity must exceed to have a `p` of 5 % or less, as `value`."""
        if self.permuted is None:
            return None
        place = math.ceil(LEVEL * (1 + len(self.permuted)))
        return self.permuted.sort(0, descending=self.less).values[place - 1]

    def __float__(self) -> float:
        if self.value.dim():
            raise TypeError(f"an estimate of {len(self.value)} layers is not one number; take its .value")
        return float(self.value)

    def __repr__(self) -> str:
        def shown(number: Tensor | None, form: str) -> str:
            if number is None:
                return "none"
            texts = ["missing" if x != x else format(x, form) for x in torch.atleast_1d(number).tolist()]
            return f"[{', '.join(texts)}]" if number.dim() else texts[0]

        parts = [shown(self.value, ".6g")]
        if self.low is not None:
            parts.append(f"low={shown(self.low, '.6g')}, high={shown(self.high, '.6g')}")
        return f"Estimate({', '.join(parts)}, n={shown(self.n, 'd')}, dropped={shown(self.dropped, 'd')})"


def whole(name: str, value: object, least: int) -> int:
    """Return a setting as an int; MetricError unless it is an integer (Python's or NumPy's) of at least `least`."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or number < least:
        raise MetricError(f"{name} is {value!r}; it must be a whole number, {least} or more")
    return number
