"""What the metrics of two aligned clouds share: the walk over layers, the direction, cosines, softmax, common axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeVar

import torch
from torch import Tensor

from langgeom.metrics.cloud import Cloud, Measured
from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.layer import Layer
from langgeom.metrics.numerics import rows_cached
from langgeom.metrics.resample import Resample

# `to_reference` measures the text against the reference, `from_reference` the reference against the text.
Direction = Literal["to_reference", "from_reference"]
T = TypeVar("T")

# Axes with less than this share of the largest variance are rounding, and so is a largest one below the other's share of
# the mean's square.
ROUNDING = 1e-12
ROUNDING_OF_MEAN = 1e-26
# Cosines closer than this are equal: far above the rounding of a float64 product, far below what two sentences share.
TIE = 1e-12
# Divergences below are rounding: that of two means of the same rows in another order is about 1e-17.
NO_NATS = 1e-14
# Below, exp takes up to ten times as long, and gives less than 1e-304: nothing beside the largest exponential, which is 1.
LEAST_EXPONENT = -700


def each_pair(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    resample: Resample | None,
    measure: Callable[[Layer, Layer, Tensor | None], Measured],
    *,
    signed: bool = False,
) -> Estimate:
    """Call `measure(x, y, counts)` for every layer of two clouds whose rows are translations of each other.

    Points that are not finite are an error here; `signed` as in `Cloud.each`.

    Raises:
        MetricError: shapes that differ; clouds with groups; NaN or infinite points.
    """
    x, y = Cloud.of(points), checked(reference)
    if x.points.shape != y.points.shape:
        raise MetricError(f"points {list(x.points.shape)} and reference {list(y.points.shape)} are not aligned row by row")
    if min(x.group_count, y.group_count) < x.n:
        raise MetricError(
            f"{x.n} rows in {min(x.group_count, y.group_count)} groups: each row is a sentence here, a mean of its tokens; "
            "give clouds without groups"
        )
    return x.each(resample, measure, y, signed=signed)


def each_pair_of_sentences(
    points: Cloud,
    reference: Cloud,
    resample: Resample | None,
    measure: Callable[[Layer, Layer, Tensor | None], Measured],
    *,
    signed: bool = False,
) -> Estimate:
    """Call `measure(x, y, counts)` for every layer of two clouds of tokens, whose i-th sentences are translations.

    Raises:
        MetricError: layers, dimensions or numbers of sentences that differ; NaN or infinite points.
    """
    x, y = Cloud.of(points), checked(reference)
    if (x.layers, x.dim, x.group_count) != (y.layers, y.dim, y.group_count):
        raise MetricError(
            f"points have {x.layers} layers, {x.dim} dimensions, {x.group_count} sentences, the reference {y.layers}, "
            f"{y.dim}, {y.group_count}; they must agree"
        )
    return x.each(resample, measure, y, signed=signed)


def checked(reference: Tensor | Cloud) -> Cloud:
    """Return the reference as a cloud whose layers are all finite; its errors name the reference."""
    try:
        cloud = Cloud.of(reference)
        cloud.check()
    except MetricError as error:
        raise MetricError(f"in the reference, {error}") from None
    return cloud


def in_direction(direction: str, x: T, y: T) -> tuple[T, T]:
    """Return what is measured and what it is measured against: (x, y), or (y, x) from the reference.

    Raises:
        MetricError: another direction.
    """
    if direction not in ("to_reference", "from_reference"):
        raise MetricError(f"direction is '{direction}'; allowed: to_reference, from_reference")
    return (x, y) if direction == "to_reference" else (y, x)


def mean_over_sentences(values: Tensor, resample: Resample | None, counts: Tensor | None, *, share: str = "") -> Measured:
    """Return the mean of one value a sentence [n] (or several, [k, n]), with a bootstrap-t interval, or Wilson's of a share.

    `share` is "hits", of sentences that count wholly or not, or "parts", of shares that vary less. With documents, Wilson's is
    that of as many sentences as have the error of the mean over documents, at most as many as there are (Korn & Graubard 1998).
    """
    values, interval, n = values.double(), None, values.shape[-1]
    if resample is not None and counts is not None:
        if share:
            units, error = values.numel(), float(values.std(correction=0)) / values.numel() ** 0.5
            if resample.documents:
                units = resample.units(n)
                error = max(error, resample.error(values) * resample.student(units))
            elif share == "hits":
                error = 0.0
            interval = resample.share(float(values.mean()), units, error)
        else:
            interval = resample.studentised(values)
    return Measured(float(values.mean()), None, n, 0, interval)


def paired(table: Tensor, x: Layer, resample: Resample | None) -> Tensor:
    """Return what a table [n, n] of sentences and candidates has at each pairing of them, [n, pairings]: translations first."""
    return table.gather(1, x.sentences.pairings(resample).T)


def mean_over_pairs(values: Tensor, resample: Resample | None, counts: Tensor | None, *, share: str) -> Measured:
    """Return the mean over sentences of values as `paired` gives them, the others those of the null; `share` as above."""
    measured = mean_over_sentences(values[:, 0], resample, counts, share=share)
    return measured if resample is None else replace(measured, permuted=values[:, 1:].mean(0))


def hits(scores: Tensor) -> Tensor:
    """Return whether a column of scores [n, n] is the highest of its row, [n, n] float64: 1/t where t tie for it."""
    best = scores >= scores.amax(1, keepdim=True) - TIE
    return best / best.sum(1, keepdim=True).double()


def _exponentials(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return points less their largest number, their exponentials, and the sums of these: softmax is the last two's ratio."""
    moved = points.double()
    moved = moved - moved.amax(1, keepdim=True)
    exponentials = moved.clamp(min=LEAST_EXPONENT).exp()
    return moved, exponentials, exponentials.sum(1)


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return KL(softmax(p) || softmax(q)) of each row [n, d] in nats, [n] float64; 0 where it is nothing but rounding."""

    def rows(ours: Tensor, theirs: Tensor) -> Tensor:
        (x, weights, total), (y, _, other) = _exponentials(ours), _exponentials(theirs)
        return weights.mul_(x.sub_(y)).sum(1) / total + (other / total).log()

    return _by_rows(rows, p, q)


def divergence_to_uniform(p: Tensor) -> Tensor:
    """Return KL(softmax(p) || uniform) of each row, as `divergence`."""

    def rows(ours: Tensor) -> Tensor:
        x, weights, total = _exponentials(ours)
        return weights.mul_(x).sum(1) / total + (p.shape[1] / total).log()

    return _by_rows(rows, p)


def divergence_from_uniform(q: Tensor) -> Tensor:
    """Return KL(uniform || softmax(q)) of each row, as `divergence`."""

    def rows(theirs: Tensor) -> Tensor:
        y, _, total = _exponentials(theirs)
        return (total / q.shape[1]).log() - y.mean(1)

    return _by_rows(rows, q)


def _by_rows(function: Callable[..., Tensor], *points: Tensor) -> Tensor:
    parts = zip(*(one.split(rows_cached(one)) for one in points), strict=True)
    values = torch.cat([function(*part) for part in parts])
    return values.masked_fill(values < NO_NATS, 0.0)


def cosines(x: Layer, y: Layer) -> Tensor:
    """Return the cosine of every row of x with every row of y, [n, n] float64; 0 for a row that is zero."""

    def compute() -> Tensor:
        ours, theirs = (torch.nn.functional.normalize(layer.points.double(), dim=1, eps=1e-300) for layer in (x, y))
        return ours @ theirs.T

    # The key holds y itself, so that it cannot be taken for another layer.
    return x.once(("cosines", y), compute)


def project(x: Layer, y: Layer, dims: int) -> tuple[Tensor, Tensor]:
    """Return both clouds on their `dims` leading common principal axes, [n, r] float64 each.

    The axes are those of the two clouds pooled, less the pooled mean; r is less than `dims` where they span less.
    """

    def compute() -> tuple[Tensor, Tensor]:
        both = torch.cat([x.points, y.points]).double()
        mean = both.mean(0)
        both = both - mean
        noise = ROUNDING_OF_MEAN * len(both) * mean.square().sum()
        wide = both.shape[0] < both.shape[1]
        values, vectors = torch.linalg.eigh(both @ both.T if wide else both.T @ both)
        values, vectors = values.flip(0)[:dims], vectors.flip(1)[:, :dims]
        held = values > torch.maximum(ROUNDING * values[0], noise).clamp(min=1e-300)
        scores = vectors[:, held] * values[held].sqrt() if wide else both @ vectors[:, held]
        return scores[: len(x.points)], scores[len(x.points) :]

    return x.once(("project", y, dims), compute)
