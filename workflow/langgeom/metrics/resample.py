"""How sure a value is: draws, splits, swaps and pairings of sentences, and the intervals that follow from them.

Tokens of one sentence are not independent, and neither are sentences of one document: what is drawn, split or swapped is whole
documents where they are known, else whole sentences. docs/coverage.md shows how often each metric's interval holds the truth.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor

from langgeom.metrics.estimate import Estimate, MetricError

# Below so many documents, or sentences without any, there is no interval: no method was seen to cover.
FEWEST = 20
# Splits into halves: each costs two more estimates, and with 32 the error of an interval's width is that of 60 sentences.
SPLITS = 32
# Random pairings of sentences: each costs what moving n x n numbers does; with 100 a `p` of 5 % has a standard error of 2 %.
PAIRINGS = 100
# From so many degrees of freedom on the normal quantile serves.
NORMAL = 60
# A mean whose sum rests on fewer values has none either: an end of it would be up to thousands of times the value.
RESTING = 2
Interval = tuple[float, float]
NONE = (torch.nan, torch.nan)


@dataclass(frozen=True)
class Resample:
    """How to resample.

    Attributes:
        replicates: of the bootstrap, and label swaps; at least 2.
        seed: of the draws, at least 0. They depend on it and on the number of units alone, so metrics, layers and
            texts with equally many share them.
        level: of the interval, between 0 and 1.
        documents: the document of each sentence, names or numbers (kept as numbers from 0, in the order of their first
            sentences): the unit of draws, splits and swaps. Without any, each sentence is a unit.
    """

    replicates: int
    seed: int
    level: float = 0.95
    documents: Sequence[Hashable] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        whole = isinstance(self.replicates, Integral) and isinstance(self.seed, Integral)
        if not whole or self.replicates < 2 or self.seed < 0 or not isinstance(self.level, Real) or not 0 < self.level < 1:
            raise MetricError(f"{self}: replicates must be 2 or more, seed 0 or more, both whole, level between 0 and 1")
        number: dict[Hashable, int] = {}
        documents = tuple(number.setdefault(name, len(number)) for name in np.asarray(self.documents).tolist())
        object.__setattr__(self, "documents", documents)

    def of(self, sentences: Iterable[int]) -> Resample:
        """Return how to resample some of the sentences, by their numbers."""
        return replace(self, documents=[self.documents[number] for number in sentences]) if self.documents else self

    def units(self, sentences: int) -> int:
        """Return how many units so many sentences are. MetricError: they are not those whose documents are known."""
        if self.documents and len(self.documents) != sentences:
            raise MetricError(f"{sentences} sentences, but documents of {len(self.documents)}; give the document of each")
        return len(set(self.documents)) or sentences

    def _of_units(self, drawn: Tensor) -> Tensor:
        """Return what was drawn of each sentence's unit."""
        return drawn[:, torch.tensor(self.documents)] if self.documents else drawn

    def counts(self, sentences: int) -> Tensor:
        """Return how often each sentence is drawn, [replicates, sentences] int64; as many units are drawn as there are."""
        return self._of_units(_draw(self.replicates, self.seed, self.units(sentences)).clone())

    def splits(self, sentences: int) -> Tensor:
        """Return the first half of each split, [1 + SPLITS, sentences] bool: the even units, then halves drawn at random."""
        units = self.units(sentences)
        random = np.random.default_rng([self.seed, units, 1])
        even = np.arange(units) % 2 == 0
        return self._of_units(torch.from_numpy(np.stack([even, *(random.permutation(even) for _ in range(SPLITS))])))

    def swaps(self, sentences: int) -> Tensor:
        """Return which pairs have their labels swapped, [replicates, sentences] bool."""
        units = self.units(sentences)
        drawn = np.random.default_rng([self.seed, units, 2]).random((self.replicates, units)) < 0.5
        return self._of_units(torch.from_numpy(drawn))

    def pairings(self, sentences: int) -> Tensor:
        """Return whom each sentence is paired with, [1 + PAIRINGS, sentences] int64: itself, then any one of its document.

        Sentences that are alone in their documents are paired among themselves, and so are all where no documents are known.
        """
        own = np.array(self.documents or [0] * sentences)
        block = np.where(np.bincount(own)[own] > 1, own, -1)
        random = np.random.default_rng([self.seed, sentences, 3]).random((PAIRINGS, sentences))
        pairings = np.tile(np.arange(sentences), (1 + PAIRINGS, 1))
        pairings[1:, block.argsort(kind="stable")] = (block + random).argsort(1)
        return torch.from_numpy(pairings)

    def by_unit(self, values: Tensor) -> Tensor:
        """Return a value a unit of values [..., sentences], with the same mean; their scatter is that of the mean.

        A document's is the mean and what its sentences add to it: a ratio of the documents' sums and sizes, to first order.

        Source: Cochran 1977, Sampling Techniques, 3rd ed., chapter 9A.
        """
        if not self.documents:
            return values
        mean, own = values.mean(), torch.tensor(self.documents, device=values.device)
        apart = (values - mean).reshape(-1, len(own)).mean(0)
        size = self.units(len(own))
        return mean + apart.new_zeros(size).index_add_(0, own, apart) * (size / len(own))

    def error(self, values: Tensor) -> float:
        """Return the standard error of the mean of values [..., sentences]."""
        values = self.by_unit(values)
        return float(values.std()) / len(values) ** 0.5

    def student(self, units: int) -> float:
        """Return how many times wider Student's interval is than the normal one."""
        return self.quantile(units - 1) / self.quantile()

    def quantile(self, freedom: float = torch.inf) -> float:
        """Return the upper quantile of the normal distribution, or of Student's with fewer than `NORMAL` degrees of freedom.

        Source: the expansion of Abramowitz & Stegun 1964, 26.7.5, right to 1e-4 from 19 degrees of freedom on.
        """
        z, v = NormalDist().inv_cdf((1 + self.level) / 2), freedom
        if v >= NORMAL:
            return z
        terms = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
        return z + sum(term / v**power for power, term in enumerate(terms, 1))

    def percentiles(self, replicates: Tensor) -> Interval:
        """Return the percentile interval (Efron 1979) of replicates [replicates].

        Replicates without a value (NaN) are left out; where they are half or more, the interval is NaN.
        """
        found = replicates.to("cpu", torch.float64)
        found = found[~found.isnan()]
        if 2 * len(found) <= len(replicates):
            return NONE
        tail = (1 - self.level) / 2
        low, high = found.quantile(torch.tensor([tail, 1 - tail], dtype=torch.float64)).tolist()
        return low, high

    def moved(self, value: float, replicates: Tensor, sentences: int, *, signed: bool = False) -> Interval:
        """Return the percentile interval, moved so that the replicates' median falls on the value, and as wide as Student's.

        A replicate repeats sentences, and with them points. That shifts estimators that look at the largest of something. The
        replicates' spread is the sampling error, their shift is this bias (Efron & Tibshirani 1993, section 10.2). Positive
        quantities are moved by a factor, so that they stay positive; those that may have either sign (`signed`) are shifted.
        Percentiles of few sentences are too narrow (Hesterberg 2015, The American Statistician 69:371, section 5.3).
        """
        low, high = self.percentiles(replicates)
        units = self.units(sentences)
        # Of two middle replicates the mean, where the sign must not matter; the lower one keeps a factor that of a replicate.
        found = replicates.to("cpu", torch.float64)
        centre = float(found.nanquantile(0.5) if signed else found.nanmedian())
        positive = value > 0 and low > 0 and not signed
        wider = self.student(units) * (units / (units - 1)) ** 0.5
        if positive:
            low, high = (value * (end / centre) ** wider for end in (low, high))
        else:
            low, high = (value + (end - centre) * wider for end in (low, high))
        # Few replicates, or a narrow level, may leave the value out by the distance of two replicates. (Not min: NaN stays.)
        return (value if low > value else low), (value if high < value else high)

    def studentised(self, values: Tensor) -> Interval:
        """Return the bootstrap-t interval of the mean of values [sentences]: replicates are judged by their own errors.

        It covers where the values are skewed, as percentiles do not (Efron & Tibshirani 1993, section 12.5). Of equal values it
        has no width. NaN where the sum of the values' sizes rests on fewer than `RESTING`, (sum |v|)^2 / sum v^2 (Kish 1965,
        Survey Sampling, section 11.7).
        """
        if bool((values == values[0]).all()):
            return float(values[0]), float(values[0])
        values = self.by_unit(values)
        if values.abs().sum() ** 2 < RESTING * values.square().sum():
            return NONE
        n = len(values)
        counts = _draw(self.replicates, self.seed, n).to(values.device)
        drawn = torch.cat([torch.ones_like(counts[:1]), counts]).double()
        means = drawn @ values / n
        errors = ((drawn @ values.square() / n - means.square()).clamp(min=0) / (n - 1)).sqrt()
        low, high = self.percentiles(torch.where(errors > 0, (means - means[0]) / errors, torch.nan)[1:])
        return float(means[0] - high * errors[0]), float(means[0] - low * errors[0])

    def around(self, value: float, error: float, sentences: int, *, signed: bool = False) -> Interval:
        """Return Student's interval of a value with a standard error; in logs, so that it stays positive, unless `signed`."""
        width = error * self.quantile(self.units(sentences) - 1)
        if signed or value <= 0:
            return value - width, value + width
        return value * math.exp(-width / value), value * math.exp(width / value)

    def halves(
        self, value: float, first: Tensor, second: Tensor, sentences: int, *, signed: bool = False, least: float = 0.0
    ) -> Interval:
        """Return the interval from the values in both halves of splits, [splits] each: SE^2 = mean (first - second)^2 / 4.

        Splits without a value in both are left out; where they are half or more, the interval is NaN. `signed` as in `around`;
        the standard error is `least` or more.
        """
        apart = (first - second) if signed else (first / second).log()
        apart = apart[apart.isfinite()]
        if 2 * len(apart) <= len(first):
            return NONE
        error = float(apart.square().mean().sqrt()) / 2
        return self.around(value, max(error if signed else error * value, least), sentences, signed=signed)

    def of_swaps(self, value: float, swapped: Tensor) -> Interval:
        """Return the interval of a difference from its values [swaps] under swapped labels, whose mean is 0."""
        error = float(swapped.square().nanmean().sqrt()) * self.quantile()
        return value - error, value + error

    def share(self, share: float, units: int, error: float = 0.0) -> Interval:
        """Return Wilson's interval of a share.

        Args:
            share: between 0 and 1.
            units: number of sentences, or of documents.
            error: the share's standard error, where a unit is not wholly a hit or a miss: the interval is that of as many
                hits and misses as have this error. Of none or all (error 0) it is that of the units.

        Source: Wilson 1927, JASA 22:209; Brown, Cai, DasGupta 2001, Statistical Science 16:101; Korn & Graubard 1998, Survey
        Methodology 24:193.
        """
        n = share * (1 - share) / error**2 if error > 0 else units
        square = self.quantile() ** 2
        centre = (share + square / (2 * n)) / (1 + square / n)
        width = (square / n * (share * (1 - share) + square / (4 * n))) ** 0.5 / (1 + square / n)
        return max(centre - width, 0.0) if share > 0 else 0.0, min(centre + width, 1.0) if share < 1 else 1.0


@functools.lru_cache(maxsize=8)
def _draw(replicates: int, seed: int, groups: int) -> Tensor:
    draws = np.random.default_rng([seed, groups]).multinomial(groups, np.full(groups, 1 / groups), size=replicates)
    return torch.from_numpy(draws)


def summarise(value: float, n: int, dropped: int, replicates: Tensor | None, resample: Resample | None) -> Estimate:
    """Return the estimate of a text with its replicates [replicates]; without any, the interval is NaN."""
    ends = None
    if resample is not None:
        ends = NONE if replicates is None or value != value else resample.moved(value, replicates, n)
    return of_numbers(value, n, dropped, ends)


def of_numbers(value: float, n: int, dropped: int, ends: Interval | None) -> Estimate:
    """Return the estimate of a text."""
    low, high = (None, None) if ends is None else (torch.tensor(end, dtype=torch.float64) for end in ends)
    return Estimate(torch.tensor(value, dtype=torch.float64), torch.tensor(n), torch.tensor(dropped), low, high)


def ratio(above: Tensor, below: Tensor, resample: Resample | None, *, share: bool = False) -> Estimate:
    """Return sum(above) / sum(below) over sentences [n], with the interval of a ratio of sums: Wilson's where it is a `share`.

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
    held = (both[:, 1] > 0).nonzero().flatten()
    above, below = both[held].T
    n, value = len(above), float(above.sum() / below.sum())
    ends = None
    if resample is not None:
        ends, resample = NONE, resample.of(held.tolist())
        if (units := resample.units(n)) >= FEWEST:
            # The ratio of sums moves as a mean over sentences does.
            error = resample.error((above - value * below) / below.mean())
            # Wilson's interval has the normal quantile.
            ends = resample.share(value, units, error * resample.student(units)) if share else resample.around(value, error, n)
    return of_numbers(value if n else torch.nan, n, len(both) - n, ends)
