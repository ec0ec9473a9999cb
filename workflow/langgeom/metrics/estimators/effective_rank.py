"""Effective rank: the exponential of the entropy of the singular values."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, Sentences, metric

# Squared singular values below this share of the largest are rounding of a float64 product.
ROUNDING = 1e-14


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
        n, matrix = len(layer.points), layer.centred.double()
        spread = float(matrix.abs().max())
        if spread <= 1e-13 * float(layer.mean.abs().max()):
            return Measured.missing(n)
        matrix = matrix / spread
        wide = n < matrix.shape[1]
        gram = matrix @ matrix.T if wide else matrix.T @ matrix
        if counts is None:
            return Measured(float(_rank(torch.linalg.eigvalsh(gram)[None])[0]), None, n, 0)
        values, vectors = torch.linalg.eigh(gram)
        # Projections on the principal axes; where n < d the left singular vectors give them.
        scores = vectors * values.clamp(min=0).sqrt() if wide else matrix @ vectors
        return Measured(float(_rank(values[None])[0]), _rank(_scatter(scores, layer.sentences, counts)), n, 0)

    return Cloud.of(points).each(resample, measure)


def _scatter(scores: Tensor, sentences: Sentences, counts: Tensor) -> Tensor:
    """Return each replicate's sum of squares along every axis about its mean, [replicates, axes]."""
    drawn = counts.double()
    number = drawn @ sentences.sums(torch.ones_like(scores[:, 0]))
    return drawn @ sentences.sums(scores.square()) - (drawn @ sentences.sums(scores)).square() / number[:, None]


def _rank(squares: Tensor) -> Tensor:
    """Return the effective rank of squared singular values [fits, k]; NaN where all are 0."""
    held = squares > ROUNDING * squares.amax(1, keepdim=True).clamp(min=1e-300)
    sigma = torch.where(held, squares.clamp(min=0).sqrt(), 0)
    share = sigma / sigma.sum(1, keepdim=True)
    return torch.where(held.any(1), torch.special.entr(share).sum(1).exp(), torch.nan)
