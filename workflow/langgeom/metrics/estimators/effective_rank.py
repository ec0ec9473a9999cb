"""Effective rank: the exponential of the entropy of the singular values."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.spectral import squares


@metric(
    "effective_rank",
    input="cloud",
    bounds=(1, None),
    robust="Effective rank without the three dimensions that vary most in the reference",
)
def effective_rank(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Effective rank: exp(-sum p_i ln p_i), p_i = sigma_i / sum sigma, sigma the singular values of the centred cloud.

    Between 1 and min(n - 1, d). It weighs small singular values more than `id_pca` does (which has the squares, and the
    exponent 2 instead of the entropy), so it is larger, and sensitive to noise in many dimensions. sigma from a float64
    Gram matrix; those below 1e-7 of the largest count as zero.

    Args:
        resample: bootstrap over sentences; the principal axes stay those of the whole cloud, and a replicate's sigma_i^2
            is its scatter along axis i about its own mean.

    Returns:
        The rank (no unit), n all points, dropped 0. NaN when all points are equal.

    Source: Roy & Vetterli 2007, EUSIPCO, definition 1.
    """

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        found = squares(layer, counts)
        if found is None:
            return Measured.missing(len(layer.points))
        ranks = _rank(found)
        return Measured(float(ranks[0]), None if counts is None else ranks[1:], len(layer.points), 0)

    return Cloud.of(points).each(resample, measure)


def _rank(squared: Tensor) -> Tensor:
    """Return the effective rank of squared singular values [fits, k]; NaN where all are 0."""
    sigma = squared.sqrt()
    total = sigma.sum(1, keepdim=True)
    return torch.where(total[:, 0] > 0, torch.special.entr(sigma / total).sum(1).exp(), torch.nan)
