"""A cloud of points in every layer, and the walk of a metric over its layers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.layer import Layer, Sentences, reach
from langgeom.metrics.resample import NONE, Interval, Resample

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
        permuted: [pairings] values where sentences are paired at random, of a similarity.
        less: whether a smaller value is a greater similarity.
    """

    value: float
    replicates: Tensor | None
    n: int
    dropped: int
    interval: Interval | None = None
    halves: Interval | None = None
    swapped: Tensor | None = None
    permuted: Tensor | None = None
    less: bool = False

    @classmethod
    def missing(cls, n: int, dropped: int = 0) -> Measured:
        """Return a measurement without a value."""
        return cls(torch.nan, None, n, dropped)


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

    def without_widest(self, reference: Cloud) -> Cloud:
        """Return a cloud without the dimensions of each layer that vary most in the reference (`Layer.widest`).

        Raises:
            MetricError: layers or dimensions that differ; points that `layer` refuses.
        """
        if (self.layers, self.dim) != (reference.layers, reference.dim):
            raise MetricError(
                f"points have {self.layers} layers and {self.dim} dimensions, the reference {reference.layers} and "
                f"{reference.dim}; they must agree"
            )
        kept = []
        for index in range(self.layers):
            own = self.layer(index).points
            held = torch.ones(self.dim, dtype=torch.bool, device=own.device)
            held[reference.layer(index).widest.to(own.device)] = False
            kept.append(own[:, held])
        points = kept[0] if self.scalar else torch.stack(kept)
        return Cloud(points, self.sentences, prefixes=self._all[-1].prefixes, first=self._all[0].index)

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
        for index, following in enumerate(self._all[1:]):
            layer = self.layer(index)
            following.check()
            results.append(measure(layer, following, counts))
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

    fields: dict[str, Any] = {}
    if resample is not None:
        fields["low"], fields["high"] = map(tensor, zip(*map(ends, results), strict=True))
    if any(found.halves for found in results):
        fields["half_a"], fields["half_b"] = (
            tensor(side) for side in zip(*(found.halves or NONE for found in results), strict=True)
        )
    for name in ("swapped", "permuted"):
        drawn = [getattr(found, name) for found in results]
        known = next((some for some in drawn if some is not None), None)
        if known is not None:
            none = torch.full_like(known, torch.nan)
            together = torch.stack([none if some is None else some for some in drawn], 1).cpu()
            fields[name] = together[:, 0] if scalar else together
    fields["less"] = any(found.less for found in results)
    n, dropped = (tensor((getattr(found, name) for found in results), torch.int64) for name in ("n", "dropped"))
    return Estimate(tensor(found.value for found in results), n, dropped, **fields)
