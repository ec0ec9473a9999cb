"""What the metrics of two aligned clouds share: the walk over layers, cosines of sentences, a common projection."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from langgeom.metrics.cloud import Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.resample import Resample

__all__ = ["aligned_sentences", "cosines", "each_pair", "project", "reference_cloud", "weighted_means"]

# Axes with less than this share of the largest variance are rounding, and so is a largest one below the other's share of
# the mean's square.
ROUNDING = 1e-12
ROUNDING_OF_MEAN = 1e-26


def each_pair(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    resample: Resample | None,
    measure: Callable[[Layer, Layer, Tensor | None], Measured],
    *,
    signed: bool = False,
) -> Estimate:
    """Apply `measure` to every layer of two clouds whose rows are translations of each other, and gather the estimate.

    `signed` as in `summarise`.

    Raises:
        MetricError: as `aligned_sentences`.
    """
    x, y = aligned_sentences(points, reference)

    def both(layer: Layer, counts: Tensor | None) -> Measured:
        other = y.layer(layer.index)
        _ = layer.mean
        return measure(layer, other, counts)

    return x.each(resample, both, signed=signed)


def aligned_sentences(points: Tensor | Cloud, reference: Tensor | Cloud) -> tuple[Cloud, Cloud]:
    """Return two clouds whose rows are sentences and translations of each other.

    Raises:
        MetricError: shapes that differ; clouds with groups; NaN or infinite points of the reference.
    """
    x, y = Cloud.of(points), reference_cloud(reference)
    if x.points.shape != y.points.shape:
        raise MetricError(f"points {list(x.points.shape)} and reference {list(y.points.shape)} are not aligned row by row")
    if min(x.group_count, y.group_count) < x.n:
        raise MetricError(
            f"{x.n} rows in {min(x.group_count, y.group_count)} groups: each row is a sentence here, a mean of its tokens; "
            "give clouds without groups"
        )
    return x, y


def reference_cloud(reference: Tensor | Cloud) -> Cloud:
    """Return `reference` as a cloud, its points seen to be finite in every layer; its MetricError names the reference."""
    try:
        cloud = Cloud.of(reference)
        for index in range(cloud.layers):
            _ = cloud.layer(index).mean
    except MetricError as error:
        raise MetricError(f"in the reference, {error}") from None
    return cloud


def weighted_means(values: Tensor, counts: Tensor | None) -> Tensor | None:
    """Return the mean of values [n] in every replicate [replicates, n]; None without replicates."""
    return None if counts is None else (counts.double() @ values.double()) / counts.sum(1)


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
