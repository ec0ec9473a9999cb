"""Mean cosine similarity of the points of a cloud."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric


@metric("mean_cosine", input="cloud", bounds=(-1, 1))
def mean_cosine(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Mean cosine of the angle between two points: (|sum_i u_i|^2 - n) / (n (n - 1)), u_i = x_i / |x_i|.

    The mean over all pairs of different rows, by that formula in O(n d). Not centred: a common offset, or one massive
    dimension, brings it near 1. -1 / (n - 1) at least.

    Args:
        resample: bootstrap over sentences; a pair counts as often as the product of its points' multiplicities, a point
            never pairs with its own copies.

    Returns:
        The cosine, n the points that are not zero, dropped those that are (they have no direction). NaN for fewer than two.

    Source: Ethayarajh 2019, EMNLP, arXiv:1909.00512, section 4.1 (all pairs instead of a sample).
    """

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        held = layer.points.bool().any(1)
        n, dropped = int(held.sum()), int((~held).sum())
        if n < 2:
            return Measured.missing(n, dropped)
        value = (float(layer.directions.sum(0).square().sum()) - n) / (n * (n - 1))
        draws = None
        if counts is not None:
            drawn, sizes = counts.double(), layer.sentences.sums(held.double())
            own = drawn.square() @ sizes
            pairs = (drawn @ sizes).square() - own
            draws = ((drawn @ layer.directions).square().sum(1) - own) / pairs
            draws = torch.where(pairs > 0, draws, torch.nan)
        return Measured(value, draws, n, dropped)

    return Cloud.of(points).each(resample, measure)
