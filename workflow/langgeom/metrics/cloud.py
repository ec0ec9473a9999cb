"""A cloud of points in every layer, with what several metrics need of it computed once."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import torch
from torch import Tensor

from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.neighbours import Neighbours, distinct_rows, nearest, row_norms
from langgeom.metrics.resample import Resample, summarise

__all__ = ["EQUAL", "Cloud", "Layer", "Measured"]

Found = TypeVar("Found")
# Elements converted to float64 at a time.
PIECE = 1 << 18
# Points nearer to their mean than this share of its length are equal but for rounding.
EQUAL = 1e-12
# The largest of float64 points lies between this and its inverse, so that sums of their fourth powers are numbers.
LARGEST = 1e70
DTYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


@dataclass(frozen=True)
class Measured:
    """A metric of one layer: value, replicates [replicates] (None when there are none), points used and left out."""

    value: float
    replicates: Tensor | None
    n: int
    dropped: int


class Cloud:
    """Points [n, d] or [layers, n, d], and the sentence of each.

    Metrics take a cloud or a bare tensor; a cloud shares nearest neighbours among them. They are kept for every layer
    (small), the centred points and what else is large only for the layer seen last.

    Args:
        points: float32, bfloat16, float16 or float64; on the CPU or a GPU; not copied.
        groups: [n] integers, the sentence that each point belongs to, in any order; absent, each point is its own.

    Raises:
        MetricError: another shape or dtype, or no points.
    """

    def __init__(self, points: Tensor, groups: Tensor | None = None) -> None:
        if not isinstance(points, Tensor) or points.dim() not in (2, 3) or points.dtype not in DTYPES:
            found = f"{points.dtype} {list(points.shape)}" if isinstance(points, Tensor) else type(points).__name__
            allowed = ", ".join(str(dtype).removeprefix("torch.") for dtype in DTYPES)
            raise MetricError(f"points are {found}; they must be a tensor [n, d] or [layers, n, d] of {allowed}")
        if not points.numel():
            raise MetricError(f"points have shape {list(points.shape)}; there must be at least one of each")
        self.scalar = points.dim() == 2
        self.points = points.detach().reshape(1, *points.shape) if self.scalar else points.detach()
        self.layers, self.n, self.dim = self.points.shape
        if groups is None:
            self.groups, self.group_count = torch.arange(self.n, device=points.device), self.n
        elif not isinstance(groups, Tensor) or groups.shape != (self.n,) or groups.is_floating_point():
            found = f"{groups.dtype} {list(groups.shape)}" if isinstance(groups, Tensor) else type(groups).__name__
            raise MetricError(f"groups are {found}; they must be a tensor of {self.n} integers, one a point")
        else:
            names, self.groups = torch.unique(groups.to(points.device), return_inverse=True)
            self.group_count = len(names)
        self._layers: dict[int, Layer] = {}
        self._last: Layer | None = None

    @classmethod
    def of(cls, points: Tensor | Cloud) -> Cloud:
        """Return `points` as a cloud."""
        return points if isinstance(points, Cloud) else cls(points)

    def layer(self, index: int) -> Layer:
        """Return one layer; what it has computed stays, but for the large things of the layer before."""
        if index not in self._layers:
            self._layers[index] = Layer(self.points[index], index)
        layer = self._layers[index]
        if self._last is not None and self._last is not layer:
            self._last.forget()
        self._last = layer
        return layer

    def counts(self, resample: Resample | None) -> Tensor | None:
        """Return how often each replicate draws each sentence, [replicates, sentences] int64, if there are any."""
        if resample is None or self.group_count < 2:
            return None
        return resample.counts(self.group_count).to(self.points.device)

    def each(
        self, resample: Resample | None, measure: Callable[[Layer, Tensor | None], Measured], *, signed: bool = False
    ) -> Estimate:
        """Apply `measure` to every layer with the replicates' counts, and gather the estimate; `signed` as in `summarise`."""
        counts = self.counts(resample)
        results = [measure(self.layer(index), counts) for index in range(self.layers)]
        value = torch.tensor([result.value for result in results], dtype=torch.float64)
        drawn = [torch.full((len(counts),), torch.nan) if r.replicates is None else r.replicates for r in results] \
            if counts is not None else None  # fmt: skip
        replicates = None if drawn is None else torch.stack([one.to("cpu", torch.float64) for one in drawn], dim=1)
        n, dropped = [r.n for r in results], [r.dropped for r in results]
        return summarise(value, n, dropped, replicates, resample, scalar=self.scalar, signed=signed)


class Layer:
    """Points [n, d] of one layer and what is computed of them once."""

    def __init__(self, points: Tensor, index: int) -> None:
        self.points = points
        self.index = index
        self._nearest: Neighbours | None = None
        self._large: dict[Hashable, object] = {}

    def once(self, key: Hashable, compute: Callable[[], Found]) -> Found:
        """Return what `compute` returned when first called for this key; for large things that metrics share."""
        if key not in self._large:
            self._large[key] = compute()
        return self._large[key]  # type: ignore[return-value]

    def forget(self) -> None:
        """Drop the centred points and what `once` holds."""
        self.__dict__.pop("centred", None)
        self._large.clear()

    @property
    def _step(self) -> int:
        return max(1, PIECE // self.points.shape[1])

    @cached_property
    def mean(self) -> Tensor:
        """Mean point, [d] float64.

        Raises:
            MetricError: a point that is not finite (it would make the mean so); float64 points whose powers are not.
        """
        self._check_range()
        mean = sum(part.sum(0, dtype=torch.float64) for part in self.points.split(self._step)) / len(self.points)
        assert isinstance(mean, Tensor)
        if not mean.isfinite().all():
            bad = int((~self.points.isfinite()).any(1).sum())
            raise MetricError(
                f"layer {self.index} has {bad} of {len(self.points)} points with NaN or infinite values; "
                "measure finite ones (a model that overflows in float16 may not in float32)"
            )
        return mean

    def _check_range(self) -> None:
        """Raise MetricError for float64 points too large or too small for what is computed of them, in float64 too."""
        if self.points.dtype != torch.float64:
            return
        low, high = map(float, self.points.aminmax())
        largest = max(-low, high)
        if math.isfinite(largest) and largest and not 1 / LARGEST <= largest <= LARGEST:
            raise MetricError(
                f"layer {self.index} has values of up to {largest:.2g}, whose powers are beyond float64: scale the points, "
                f"so that the largest lies between {1 / LARGEST:.0e} and {LARGEST:.0e}"
            )

    @cached_property
    def centred(self) -> Tensor:
        """Points less their mean: [n, d] float32, float64 for float64 points.

        In float32 their mean is taken off twice: the first is off by the rounding of the points' length, what it leaves by
        that of their spread.

        Raises:
            MetricError: as `mean`.
        """
        if self.points.dtype == torch.float64:
            return self.points - self.mean
        centred = self.points.to(torch.float32, copy=True)
        first = centred.sum(0) / len(centred)
        if not first.isfinite().all():
            # An infinite point, or a sum beyond float32.
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
    def distinct(self) -> tuple[Tensor, Tensor]:
        """First row of each distinct point, ascending, and how many rows equal it: two [m] int64."""
        _ = self.mean
        return distinct_rows(self.points)

    def nearest(self, k: int) -> Neighbours | None:
        """Return the k nearest neighbours of each distinct point among them; None when there are too few.

        Computed once for the largest k asked for.
        """
        first, _ = self.distinct
        if len(first) <= k:
            return None
        if self._nearest is None or self._nearest.distances.shape[1] < k:
            whole = len(first) == len(self.points)
            points, centred = (self.points, self.centred) if whole else (self.points[first], self.centred[first])
            self._nearest = nearest(points, k, centred)
        return Neighbours(self._nearest.distances[:, :k], self._nearest.indices[:, :k])
