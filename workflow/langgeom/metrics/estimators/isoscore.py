"""IsoScore: how evenly the variance is spread over all dimensions."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.moments import participation, participation_of_replicates


@metric("isoscore", input="cloud", bounds=(0, 1))
def isoscore(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """IsoScore: 0 where one direction holds all variance, 1 where all d hold the same.

    The paper scales the variances lambda along the principal axes to length sqrt(d), takes their distance to (1, ..., 1)
    divided by sqrt(2 (d - sqrt(d))) as the defect delta, and (phi d - 1) / (d - 1) as the score with phi = (d - delta^2
    (d - sqrt(d)))^2 / d^2. Inserting one into the other leaves (PR - 1) / (d - 1) with the participation ratio PR =
    (sum lambda)^2 / sum lambda^2 of `id_pca`, which is computed here; the two rank clouds of one d alike.

    Args:
        resample: bootstrap over sentences; each replicate's own covariance, exactly.

    Returns:
        The score (no unit), n all points, dropped 0. NaN when all points are equal or d is 1. At most (n - 2) / (d - 1)
        for n <= d.

    Source: Rudman, Gillman, Rayne, Eickhoff 2022, Findings of ACL, arXiv:2108.07344, algorithm 1.
    """

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        n, dim = layer.points.shape
        value = (participation(layer) - 1) / (dim - 1) if dim > 1 else torch.nan
        draws = None if counts is None or value != value else (participation_of_replicates(layer, counts) - 1) / (dim - 1)
        return Measured(value, draws, n, 0)

    return Cloud.of(points).each(resample, measure)
