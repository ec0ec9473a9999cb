"""How much of a cloud's variance, and of its mean cosine, is in its few largest dimensions."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.estimate import whole
from langgeom.metrics.layer import EQUAL


@metric("variance_top_3", input="cloud", dimensions=3, about="Share of the three dimensions that vary most in the variance")
@metric("variance_top_1", input="cloud", bounds=(0, 1))
def variance_top_1(points: Tensor | Cloud, *, dimensions: int = 1, resample: Resample | None = None) -> Estimate:
    """Share of the dimension that varies most in the variance, max_j var(x_j) / sum_j var(x_j).

    Dimensions are coordinates, not principal axes: it is `anisotropy` at most, and near it where one coordinate decides that.

    Args:
        dimensions: how many count, those that vary most; all, where there are fewer.
        resample: bootstrap over sentences; each replicate's own variances, and its own largest.

    Returns:
        The share, n all points, dropped 0. NaN when all points are equal.

    Source: Timkey & van Schijndel 2021, EMNLP, arXiv:2109.04404, whose dimensions, by variance.
    """
    k = whole("dimensions", dimensions, 1)

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        n, (apart, squares) = len(layer.points), layer.spread
        if float(squares.sum()) <= EQUAL**2 * n * float(layer.mean.square().sum()):
            return Measured.missing(n)
        draws = None
        if counts is not None:
            drawn, sizes = counts.double(), torch.bincount(layer.sentences.groups).double()
            draws = _largest(drawn @ squares - (drawn @ apart).square() / (drawn @ sizes)[:, None], k)
        return Measured(float(_largest(squares.sum(0)[None], k)), draws, n, 0)

    return Cloud.of(points).each(resample, measure)


@metric("cosine_top_3", input="cloud", dimensions=3, about="Share of the three dimensions that add most in the mean cosine")
@metric("cosine_top_1", input="cloud", bounds=(0, 1))
def cosine_top_1(points: Tensor | Cloud, *, dimensions: int = 1, resample: Resample | None = None) -> Estimate:
    """Share of the dimension that adds most in the mean cosine, max_j m_j^2 / sum_j m_j^2, m the mean of the x_i / |x_i|.

    The cosine of two points is a sum over dimensions, and so is its mean. Here a point is paired with itself too, unlike in
    `mean_cosine`: so no dimension adds less than 0, and the mean is higher by 1/n at most.

    Args:
        dimensions: how many count, those that add most; all, where there are fewer.
        resample: bootstrap over sentences; each replicate's own mean, and its own largest.

    Returns:
        The share, n the points that are not zero, dropped those that are. NaN where there is none, or the mean m is zero.

    Source: Timkey & van Schijndel 2021, EMNLP, arXiv:2109.04404.
    """
    k = whole("dimensions", dimensions, 1)

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        n = int(layer.points.bool().any(1).sum())
        draws = None if counts is None else _largest((counts.double() @ layer.directions).square(), k)
        return Measured(float(_largest(layer.directions.sum(0)[None].square(), k)), draws, n, len(layer.points) - n)

    return Cloud.of(points).each(resample, measure)


def _largest(parts: Tensor, k: int) -> Tensor:
    """Return the share of the k largest parts of each row, [rows]; NaN where all are 0."""
    return parts.topk(min(k, parts.shape[1]), 1).values.sum(1) / parts.sum(1)
