"""A cloud of points in every layer, with what several metrics need of it computed once."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor

from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.neighbours import Distinct, Neighbours, distinct, distinct_rows, nearest
from langgeom.metrics.numerics import row_norms
from langgeom.metrics.resample import FEWEST, NONE, Interval, Resample

T = TypeVar("T")
# Elements converted to float64 at a time.
PIECE = 1 << 18
# Points nearer to their mean than this share of its length are equal but for rounding.
EQUAL = 1e-12
# The largest of float64 points must lie between this and its inverse, so that sums of fourth powers stay finite.
LARGEST = 1e70
DTYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


@dataclass(frozen=True)
class Measured:
    """A metric of one layer.

    Attributes:
        value: NaN where the metric is not defined.
        replicates: [replicates] of the bootstrap, from which the interval follows; None when there are none.
        n, dropped: points used and left out.
        interval: both ends, of a metric with an interval of its own.
        halves: the value in two fixed halves of the sentences.
        swapped: [swaps] values under swapped labels, of a difference between two versions of a text.
    """

    value: float
    replicates: Tensor | None
    n: int
    dropped: int
    interval: Interval | None = None
    halves: Interval | None = None
    swapped: Tensor | None = None

    @classmethod
    def missing(cls, n: int, dropped: int = 0) -> Measured:
        """Return a measurement without a value."""
        return cls(torch.nan, None, n, dropped)


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

    def weights(self, counts: Tensor | None, dtype: torch.dtype) -> Tensor:
        """Return how often each point counts, [1 + replicates, n]: once in the first row, then as its sentence was drawn."""
        once = torch.ones((1, len(self.groups)), dtype=dtype, device=self.groups.device)
        return once if counts is None else torch.cat([once, counts.to(dtype)[:, self.groups]])

    def sums(self, rows: Tensor) -> Tensor:
        """Return the sums of rows [n, ...] over the points of each sentence, [count, ...]."""
        return torch.zeros((self.count, *rows.shape[1:]), dtype=rows.dtype, device=rows.device).index_add_(0, self.groups, rows)


class Cloud:
    """Points [n, d] or [layers, n, d], and the sentence of each.

    Metrics take a cloud or a bare tensor. A cloud shares among them what it computes: nearest neighbours and other
    small results are kept for every layer, the centred points and other large ones for the last layer used.

    Args:
        points: float32, bfloat16, float16 or float64; on the CPU or a GPU; not copied.
        groups: [n] integers, the sentence that each point belongs to, in any order; or the `Sentences` of another cloud
            with the same groups. Absent, each point is a sentence.
        prefixes: [n] int64, equal for tokens that a model cannot tell apart: copies, in all layers but layer 0. Points with
            equal bits are copies too.
        device: where layers are measured, each moved there when it is used; absent, where the points are.
        first: number of the first layer, for errors.

    Raises:
        MetricError: another shape or dtype, or no points.
    """

    def __init__(
        self,
        points: Tensor,
        groups: Tensor | Sentences | None = None,
        *,
        prefixes: Tensor | None = None,
        device: torch.device | str | None = None,
        first: int = 0,
    ) -> None:
        plain = isinstance(points, Tensor) and points.layout == torch.strided and not points.is_meta
        if not plain or points.dim() not in (2, 3) or points.dtype not in DTYPES:
            found = f"{points.dtype} {list(points.shape)}" if isinstance(points, Tensor) else type(points).__name__
            found += "" if plain or not isinstance(points, Tensor) else f", {points.layout} on {points.device}"
            allowed = ", ".join(str(dtype).removeprefix("torch.") for dtype in DTYPES)
            raise MetricError(
                f"points are {found}; they must be a dense tensor [n, d] or [layers, n, d] of {allowed} (an array: "
                "torch.from_numpy, a table: torch.from_numpy(table.to_numpy()))"
            )
        if not points.numel():
            raise MetricError(f"points have shape {list(points.shape)}; there must be at least one of each")
        self.scalar = points.dim() == 2
        self.points = points.detach().reshape(1, *points.shape) if self.scalar else points.detach()
        self.layers, self.n, self.dim = self.points.shape
        place = points.device if device is None else torch.device(device)
        self.sentences = groups if isinstance(groups, Sentences) else Sentences(groups, self.n, place)
        if prefixes is not None and (prefixes.shape != (self.n,) or prefixes.is_floating_point()):
            raise MetricError(
                f"prefixes are {prefixes.dtype} {list(prefixes.shape)}; they must be {self.n} integers, one a point"
            )
        self._all = [
            Layer(stored, first + index, self.sentences, place, prefixes if first + index else None)
            for index, stored in enumerate(self.points)
        ]
        self._last: list[Layer] = []

    @classmethod
    def of(cls, points: Tensor | Cloud) -> Cloud:
        """Return `points` as a cloud."""
        return points if isinstance(points, Cloud) else cls(points)

    def part(self, first: int, count: int = 1) -> Cloud:
        """Return a cloud of some successive layers, which shares with this one what is computed of them."""
        part = copy.copy(self)
        part.points, part.layers = self.points[first : first + count], count
        part._all = self._all[first : first + count]
        return part

    @property
    def groups(self) -> Tensor:
        """Sentence of each point, [n] int64, numbered from 0."""
        return self.sentences.groups

    @property
    def group_count(self) -> int:
        """Number of sentences."""
        return self.sentences.count

    def layer(self, index: int) -> Layer:
        """Return one layer, its points checked; its small results stay, large ones of the layer used before are dropped.

        Raises:
            MetricError: points that are not finite, or float64 points too large or too small for their powers.
        """
        layer = self._all[index]
        layer.check()
        if self._last and self._last[0] is not layer:
            self._last[0].forget()
        self._last[:] = [layer]
        return layer

    def each(
        self, resample: Resample | None, measure: Callable[..., Measured], *others: Cloud, signed: bool = False
    ) -> Estimate:
        """Call `measure(layer, counts)` for every layer and gather the estimate.

        Points that are not finite are an error here, so `measure` sees none.

        Args:
            resample: the bootstrap; `counts` [replicates, sentences] say how often each sentence is drawn, None without it.
            measure: the metric of one layer. With other clouds it is called with the same layer of each, before `counts`.
            others: clouds of as many layers.
            signed: the quantity may have either sign, as a difference has.

        Raises:
            MetricError: as `layer`; the message names the layer.
        """
        counts = self.sentences.counts(resample)
        results = [measure(*(cloud.layer(index) for cloud in (self, *others)), counts) for index in range(self.layers)]
        return _gathered(results, resample, self.sentences.count, scalar=self.scalar, signed=signed)

    def each_step(self, resample: Resample | None, measure: Callable[[Layer, Layer, Tensor | None], Measured]) -> Estimate:
        """Call `measure(layer, next_layer, counts)` for every layer that has a next, and gather the estimate.

        Raises:
            MetricError: as `each`; one layer only.
        """
        if self.layers < 2:
            raise MetricError(f"points have shape {list(self.points.shape)}; two layers or more are needed, [layers, n, d]")
        counts, results = self.sentences.counts(resample), []
        for this, following in zip(self._all, self._all[1:], strict=False):
            this.check()
            following.check()
            results.append(measure(this, following, counts))
        return _gathered(results, resample, self.sentences.count, scalar=False)

    def expect(self, neighbours: int) -> None:
        """Let the first search find enough for so many neighbours in halves, so that there is one search for all metrics."""
        for layer in self._all:
            layer.expected = reach(neighbours) if neighbours else 0

    def check(self) -> None:
        """Raise MetricError as `layer` does, for any layer."""
        for layer in self._all:
            layer.check()

    def forget(self) -> None:
        """Drop the large results of all layers."""
        for layer in self._all:
            layer.forget()


def reach(k: int) -> int:
    """Return how many neighbours a list needs, so that k of them are nearly always in one half of the sentences."""
    return 2 * k + 6 * math.isqrt(k) + 8


def _gathered(
    results: list[Measured], resample: Resample | None, sentences: int, *, scalar: bool, signed: bool = False
) -> Estimate:
    def tensor(numbers: Iterable[Any], dtype: torch.dtype = torch.float64) -> Tensor:
        found = torch.tensor(list(numbers), dtype=dtype)
        return found[0] if scalar else found

    def ends(found: Measured) -> Interval:
        if found.interval is not None or found.replicates is None or found.value != found.value:
            return found.interval or NONE
        return resample.moved(found.value, found.replicates, sentences, signed=signed)  # type: ignore[union-attr]

    fields: dict[str, Tensor] = {}
    if resample is not None:
        fields["low"], fields["high"] = map(tensor, zip(*map(ends, results), strict=True))
    if any(found.halves for found in results):
        fields["half_a"], fields["half_b"] = (
            tensor(side) for side in zip(*(found.halves or NONE for found in results), strict=True)
        )
    if all(found.swapped is not None for found in results):
        swapped = torch.stack([found.swapped.cpu() for found in results], 1)  # type: ignore[union-attr]
        fields["swapped"] = swapped[:, 0] if scalar else swapped
    counts = (tensor((getattr(found, name) for found in results), torch.int64) for name in ("n", "dropped"))
    return Estimate(tensor(found.value for found in results), *counts, **fields)


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
        low, high = self._ends
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
    def _ends(self) -> tuple[float, float]:
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
        points = self.once("float64", lambda: self.points[self.bits.first].double() - self.mean)
        squares = self.once("squares", lambda: row_norms(points).square())
        table = squares[rows, None] + squares - 2 * points[rows] @ points.T
        table[torch.arange(len(rows), device=rows.device), rows] = torch.inf
        return table.clamp_(min=0).sqrt_()
