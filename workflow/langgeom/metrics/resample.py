"""The bootstrap over sentences, percentile intervals, and ratios of sums over sentences.

Tokens of one sentence are not independent, sentences are: a replicate draws sentences with replacement, each with all
its tokens. A replicate is held as how often each sentence was drawn.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from numbers import Integral, Real
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor

from langgeom.metrics.estimate import Estimate, MetricError


@dataclass(frozen=True)
class Resample:
    """How to resample.

    Attributes:
        replicates: bootstrap replicates, at least 2.
        seed: of the draws, at least 0. They depend on it and on the number of sentences alone, so metrics, layers and
            texts with equally many sentences share them.
        level: of the interval, between 0 and 1.
    """

    replicates: int
    seed: int
    level: float = 0.95

    def __post_init__(self) -> None:
        whole = isinstance(self.replicates, Integral) and isinstance(self.seed, Integral)
        if not whole or self.replicates < 2 or self.seed < 0 or not isinstance(self.level, Real) or not 0 < self.level < 1:
            raise MetricError(f"{self}: replicates must be 2 or more, seed 0 or more, both whole, level between 0 and 1")

    def counts(self, groups: int) -> Tensor:
        """Return how often each of `groups` sentences is drawn, [replicates, groups] int64; rows sum to `groups`."""
        return _draw(self.replicates, self.seed, groups).clone()

    def interval(self, replicates: Tensor) -> tuple[Tensor, Tensor]:
        """Return the percentile interval (Efron 1979) of replicates [replicates, ...], as two float64 tensors [...].

        Replicates without a value (NaN) are left out; where they are half or more, the interval is NaN.
        """
        replicates = replicates.to("cpu", torch.float64)
        tail = (1 - self.level) / 2
        quantiles = torch.tensor([tail, 1 - tail], dtype=torch.float64)
        ends = torch.nanquantile(replicates, quantiles, dim=0)
        ends[:, replicates.isnan().sum(0) * 2 >= len(replicates)] = torch.nan
        return ends[0], ends[1]


@functools.lru_cache(maxsize=8)
def _draw(replicates: int, seed: int, groups: int) -> Tensor:
    draws = np.random.default_rng([seed, groups]).multinomial(groups, np.full(groups, 1 / groups), size=replicates)
    return torch.from_numpy(draws)


def summarise(
    value: Tensor,
    n: Tensor | list[int],
    dropped: Tensor | list[int],
    replicates: Tensor | None,
    resample: Resample | None,
    *,
    scalar: bool,
    signed: bool = False,
) -> Estimate:
    """Return the estimate of values [layers] with their replicates [replicates, layers]; of 0-d tensors when `scalar`.

    `signed` says that the quantity may have either sign, as a difference has. Where a value is missing, or there are fewer
    than two sentences to draw (replicates None), the interval is NaN.
    """
    value = value.to("cpu", torch.float64)
    low = high = None
    if resample is not None:
        low = high = torch.full_like(value, torch.nan)
        if replicates is not None:
            low, high = _around(value, replicates, *resample.interval(replicates), signed)
    counts = [torch.as_tensor(number).to("cpu", torch.int64) for number in (n, dropped)]
    fields = [field.reshape(-1)[0] if scalar and field is not None else field for field in (value, *counts, low, high)]
    return Estimate(*fields)  # type: ignore[arg-type]


def _around(value: Tensor, replicates: Tensor, low: Tensor, high: Tensor, signed: bool) -> tuple[Tensor, Tensor]:
    """Return a percentile interval, moved so that the replicates' median falls on the estimate.

    A replicate repeats sentences, and with them points. That shifts estimators that look at few points or at the largest of
    something. The replicates' spread is the sampling error, their shift is this bias (Efron & Tibshirani 1993, section 10.2).
    Positive quantities are moved by a factor, so that they stay positive; those that may have either sign are shifted.
    """
    replicates = replicates.to("cpu", torch.float64)
    # Of two middle replicates the mean, where the sign must not matter; the lower one keeps a factor that of a replicate.
    centre = replicates.nanquantile(0.5, 0) if signed else replicates.nanmedian(0).values
    positive = (value > 0) & (low > 0) & (not signed)
    factor = torch.where(positive, value / centre, 1.0)
    shift = torch.where(positive, 0.0, value - centre)
    # Few replicates, or a narrow level, may leave the value out by the distance of two replicates.
    return torch.minimum(low * factor + shift, value), torch.maximum(high * factor + shift, value)


def of_hits(estimate: Estimate, resample: Resample | None) -> Estimate:
    """Return a share of sentences with Wilson's interval where it is 0 or 1.

    There every replicate is the same, and the bootstrap's interval would have no width, as if the share were certain.

    Source: Wilson 1927, JASA 22:209; Brown, Cai, DasGupta 2001, Statistical Science 16:101.
    """
    if resample is None or estimate.low is None or estimate.high is None:
        return estimate
    square = NormalDist().inv_cdf((1 + resample.level) / 2) ** 2
    width = square / (estimate.n.double() + square)
    # One sentence has no interval, here as elsewhere.
    none, all_ = (estimate.low.isfinite() & (estimate.value == share) for share in (0, 1))
    low = torch.where(all_, 1 - width, estimate.low)
    return replace(estimate, low=low, high=torch.where(none, width, estimate.high))


def ratio(above: Tensor, below: Tensor, resample: Resample | None) -> Estimate:
    """Return sum(above) / sum(below) over sentences [n], with the bootstrap interval of the ratio of sums.

    Sentences with nothing below (no word, no scored character) are dropped and counted. NaN when that is all of them.

    Raises:
        MetricError: not two vectors of one length, none, or values that are negative or not finite.
    """
    above, below = (torch.as_tensor(part).to("cpu", torch.float64) for part in (above, below))
    if above.dim() != 1 or above.shape != below.shape or not len(above):
        raise MetricError(
            f"counts have shapes {list(above.shape)} and {list(below.shape)}; they must be two vectors [sentences]"
        )
    both = torch.stack([above, below], 1)
    if not both.isfinite().all() or bool((both < 0).any()):
        bad = int((~both.isfinite() | (both < 0)).any(1).sum())
        raise MetricError(f"{bad} of {len(both)} sentences have a count that is negative or not finite")
    kept, replicates = both[both[:, 1] > 0], None
    if resample is not None and len(kept) > 1:
        sums = resample.counts(len(kept)).double() @ kept
        replicates = _quotient(sums)[:, None]
    dropped = len(both) - len(kept)
    return summarise(_quotient(kept.sum(0)[None]), [len(kept)], [dropped], replicates, resample, scalar=True)


def _quotient(sums: Tensor) -> Tensor:
    return torch.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], torch.nan)
