"""The points of one layer and the sentence of each, with what several metrics need of them computed once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from functools import cached_property
from typing import TypeVar

import torch
from torch import Tensor

from langgeom.metrics.estimate import MetricError
from langgeom.metrics.neighbours import Distinct, Neighbours, distinct, distinct_rows, nearest
from langgeom.metrics.numerics import row_norms, rows_cached
from langgeom.metrics.resample import FEWEST, Resample

T = TypeVar("T")
# Elements converted to float64 at a time.
PIECE = 1 << 18
# Points nearer to their mean than this share of its length are equal but for rounding.
EQUAL = 1e-12
# The largest of float64 points must lie between this and its inverse, so that sums of fourth powers stay finite.
LARGEST = 1e70


class Sentences:
    """The sentence that each point belongs to, how often replicates draw it, and its half; one object serves all layers.

    Attributes:
        groups: [n] int64, numbers from 0 to count - 1 on the device of the points.
        count: number of sentences.
    """

    def __init__(self, groups: Tensor | None, n: int, device: torch.device) -> None:
        if groups is None:
            self.groups, self.count = torch.arange(n, device=device), n
        elif not isinstance(groups, Tensor) or groups.shape != (n,) or groups.is_floating_point():
            found = f"{groups.dtype} {list(groups.shape)}" if isinstance(groups, Tensor) else type(groups).__name__
            raise MetricError(f"groups are {found}; they must be a tensor of {n} integers, one a point")
        else:
            names, self.groups = torch.unique(groups.to(device), return_inverse=True)
            self.count = len(names)
        self._counts: tuple[Resample | None, Tensor | None] = (None, None)
        self._parts: tuple[Resample | None, Tensor | None] = (None, None)
        self._pairings: tuple[Resample | None, Tensor | None] = (None, None)

    def counts(self, resample: Resample | None) -> Tensor | None:
        """Return how often each replicate draws each sentence, [replicates, count] int64.

        None without a bootstrap, and for fewer than `FEWEST` units, which have no interval.
        """
        if self._counts[0] != resample:
            few = resample is None or resample.units(self.count) < FEWEST
            drawn = None if few else resample.counts(self.count).to(self.groups.device)  # type: ignore[union-attr]
            self._counts = (resample, drawn)
        return self._counts[1]

    def parts(self, resample: Resample | None) -> Tensor:
        """Return the rows of all sentences, then of both halves of each split (without a bootstrap, none), [n, parts] bool."""
        if self._parts[1] is None or self._parts[0] != resample:
            parts = torch.ones((self.count, 1), dtype=torch.bool)
            if resample is not None and resample.units(self.count) > 1:
                first = resample.splits(self.count).T
                parts = torch.cat([parts, torch.stack([first, ~first], 2).flatten(1)], 1)
            self._parts = (resample, parts.to(self.groups.device)[self.groups])
        return self._parts[1]  # type: ignore[return-value]

    def pairings(self, resample: Resample | None) -> Tensor:
        """Return whom each sentence is paired with: itself, then at random (without a bootstrap, none), [pairings, count]."""
        if self._pairings[1] is None or self._pairings[0] != resample:
            own = torch.arange(self.count)[None] if resample is None else resample.pairings(self.count)
            self._pairings = (resample, own.to(self.groups.device))
        return self._pairings[1]  # type: ignore[return-value]

    def weights(self, counts: Tensor | None, dtype: torch.dtype) -> Tensor:
        """Return how often each point counts, [1 + replicates, n]: once in the first row, then as its sentence was drawn."""
        once = torch.ones((1, len(self.groups)), dtype=dtype, device=self.groups.device)
        return once if counts is None else torch.cat([once, counts.to(dtype)[:, self.groups]])

    def sums(self, rows: Tensor) -> Tensor:
        """Return the sums of rows [n, ...] over the points of each sentence, [count, ...]."""
        return torch.zeros((self.count, *rows.shape[1:]), dtype=rows.dtype, device=rows.device).index_add_(0, self.groups, rows)


class Layer:
    """Points [n, d] of one layer and what is computed of them once. Copies are known from `prefixes`, and from equal bits."""

    def __init__(
        self, stored: Tensor, index: int, sentences: Sentences, device: torch.device, prefixes: Tensor | None = None
    ) -> None:
        self.stored, self.index, self.sentences, self.device, self.prefixes = stored, index, sentences, device, prefixes
        self.expected = 0
        self._nearest: Neighbours | None = None
        self._large: dict[Hashable, object] = {}

    @cached_property
    def points(self) -> Tensor:
        """Points [n, d] on the device where they are measured."""
        return self.stored.to(self.device)

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what `compute` returned when first called for this key; for large things that metrics share."""
        if key not in self._large:
            self._large[key] = compute()
        return self._large[key]  # type: ignore[return-value]

    def forget(self) -> None:
        """Drop the moved and the centred points and what `once` holds."""
        self.__dict__.pop("points", None)
        self.__dict__.pop("centred", None)
        self._large.clear()

    def check(self) -> None:
        """Raise MetricError for points that are not finite, and for float64 points whose powers float64 does not hold."""
        low, high = self.ends
        if not (math.isfinite(low) and math.isfinite(high)):
            bad = int((~self.points.isfinite()).any(1).sum())
            raise MetricError(
                f"layer {self.index} has {bad} of {len(self.points)} points with NaN or infinite values; "
                "measure finite ones (a model that overflows in float16 may not in float32)"
            )
        largest = max(-low, high)
        if self.points.dtype == torch.float64 and largest and not 1 / LARGEST <= largest <= LARGEST:
            raise MetricError(
                f"layer {self.index} has values of up to {largest:.2g}, whose powers are beyond float64: scale the points, "
                f"so that the largest lies between {1 / LARGEST:.0e} and {LARGEST:.0e}"
            )

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Least and largest number of the points; NaN where there is one."""
        low, high = self.points.aminmax()
        return float(low), float(high)

    @cached_property
    def mean(self) -> Tensor:
        """Mean point, [d] float64."""
        total = torch.zeros(self.points.shape[1], dtype=torch.float64, device=self.device)
        for part in self.points.split(max(1, PIECE // self.points.shape[1])):
            total += part.sum(0, dtype=torch.float64)
        return total / len(self.points)

    @cached_property
    def widest(self) -> Tensor:
        """The three dimensions that vary most, [3]; fewer where no other would be left."""
        return self.spread[1].sum(0).topk(min(3, self.points.shape[1] - 1)).indices

    @cached_property
    def centred(self) -> Tensor:
        """Points less their mean: [n, d] float32, float64 for float64 points.

        In float32 the mean is subtracted twice: the first is off by the rounding of the points' length, the rest by
        that of their spread.
        """
        if self.points.dtype == torch.float64:
            return self.points - self.mean
        centred = self.points.to(torch.float32, copy=True)
        first = centred.sum(0) / len(centred)
        if not first.isfinite().all():
            # A sum beyond float32.
            first = self.mean.float()
        centred -= first
        second = centred.sum(0) / len(centred)
        centred -= second if second.isfinite().all() else centred.mean(0, dtype=torch.float64).float()
        self.offset = float(first.double().square().sum())
        return centred

    def sums(self, *of: Callable[[Tensor], Tensor]) -> list[Tensor]:
        """Return sums over the points of each sentence, [sentences, d] float64, of functions of points [some, d] float64."""
        sums = [torch.zeros((self.sentences.count, *self.mean.shape), dtype=torch.float64, device=self.device) for _ in of]
        step = rows_cached(self.points)
        for rows, groups in zip(self.points.split(step), self.sentences.groups.split(step), strict=True):
            wide = rows.double()
            for total, function in zip(sums, of, strict=True):
                total.index_add_(0, groups, function(wide))
        return sums

    @property
    def directions(self) -> Tensor:
        """Sums of the points divided by their lengths over those of each sentence, [sentences, d] float64."""

        def units(rows: Tensor) -> Tensor:
            return torch.nn.functional.normalize(rows / rows.abs().amax(1, keepdim=True).clamp(min=1e-300), dim=1)

        return self.once("directions", lambda: self.sums(units)[0])

    @property
    def spread(self) -> list[Tensor]:
        """Sums of the points less their mean, and of the squares of that, as `sums` returns them."""

        def apart(rows: Tensor) -> Tensor:
            return rows - self.mean

        return self.once("spread", lambda: self.sums(apart, lambda rows: apart(rows).square()))

    @property
    def exact(self) -> Tensor:
        """Points less their mean, [n, d] float64."""
        return self.once("exact", lambda: self.points.double() - self.mean)

    @cached_property
    def offset(self) -> float:
        """Squared length of the mean, to the accuracy of the points' dtype."""
        return float(self.mean.square().sum())

    @property
    def wide(self) -> Tensor:
        """Points as float32, which holds bfloat16 and float16 exactly; float64 points as they are."""
        return self.points if self.points.dtype == torch.float64 else self.points.float()

    @cached_property
    def norms(self) -> Tensor:
        """Distance of each point to the mean, [n] float64."""
        return row_norms(self.centred)

    @cached_property
    def bits(self) -> Distinct:
        """The points that differ in their bits; `nearest` looks among them."""
        return distinct_rows(self.points)

    @cached_property
    def _distinct(self) -> Distinct:
        if self.prefixes is None:
            return self.bits
        known = distinct(self.prefixes.to(self.device))
        # Half precision gives a few other tokens equal points, whose distance of 0 has no logarithm.
        return distinct(self.bits.members[known.first][known.members])

    @property
    def distinct(self) -> tuple[Tensor, Tensor]:
        """First row of each distinct point, ascending, and how many rows it stands for: two [m] int64."""
        return self._distinct.first, self._distinct.copies

    @property
    def members(self) -> Tensor:
        """Which distinct point each row is, [n] int64, from 0."""
        return self._distinct.members

    def nearest(self, k: int) -> Neighbours:
        """Return the k nearest neighbours of each point of `bits` among them; all others, where there are fewer.

        A point alone has itself, infinitely far. Computed once for the largest k asked for or expected.
        """
        first = self.bits.first
        k = min(k, len(first) - 1)
        if k == 0:
            return Neighbours(torch.full_like(self.norms[:1, None], torch.inf), first[:, None])
        if self._nearest is None or self._nearest.distances.shape[1] < k:
            parts = self.points, self.centred, self.norms
            points, centred, norms = parts if len(first) == len(self.points) else (part[first] for part in parts)
            self._nearest = nearest(points, min(max(k, self.expected), len(first) - 1), centred, norms)
        return Neighbours(self._nearest.distances[:, :k], self._nearest.indices[:, :k])

    def beside(self, other: Layer) -> Layer:
        """Return the points of this layer and then of another as one; sentences keep their numbers."""

        def both(mine: Tensor, theirs: Tensor) -> Tensor:
            return torch.cat([mine.to(self.device), theirs.to(self.device)])

        groups = both(self.sentences.groups, other.sentences.groups)
        known = self.prefixes is not None and other.prefixes is not None
        prefixes = both(self.prefixes, other.prefixes) if known else None  # type: ignore[arg-type]
        points, sentences = both(self.stored, other.stored), Sentences(groups, len(groups), self.device)
        return Layer(points, self.index, sentences, self.device, prefixes)

    def distances(self, rows: Tensor) -> Tensor:
        """Return the distances of some points of `bits` to all of them, by float64 products; infinite to themselves."""
        points = self.exact if len(self.bits.first) == len(self.points) else self.exact[self.bits.first]
        squares = self.once("squares", lambda: row_norms(points).square())
        table = squares[rows, None] + squares - 2 * points[rows] @ points.T
        table[torch.arange(len(rows), device=rows.device), rows] = torch.inf
        return table.clamp_(min=0).sqrt_()


def reach(k: int) -> int:
    """Return how many neighbours a list needs, so that k of them are nearly always in one half of the sentences."""
    return 2 * k + 6 * math.isqrt(k) + 8
