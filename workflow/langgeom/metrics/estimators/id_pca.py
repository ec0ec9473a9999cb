"""Intrinsic dimension from the spectrum of the covariance: the participation ratio."""

from __future__ import annotations

from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.moments import participation, participation_of_replicates


@metric(
    "id_pca",
    input="cloud",
    bounds=(1, None),
    robust="Linear dimension without the three dimensions that vary most in the reference",
)
def id_pca(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Linear dimension: the participation ratio of the variances, (sum lambda_i)^2 / sum lambda_i^2.

    lambda are the eigenvalues of the covariance; the value lies between 1 and min(n - 1, d): d for a ball, near 1 where
    one direction holds nearly all variance (as in layers with a massive activation). Computed as tr(C)^2 / tr(C^2), so
    no eigenvalue is needed. It counts the dimensions of the linear span, not of a curved manifold in it, and is too low
    when n is not well above it: for a Gaussian ball it is n d / (n + d).

    Args:
        resample: bootstrap over sentences; each replicate's own covariance, exactly (see `moments`).

    Returns:
        The dimension (no unit), n all points, dropped 0. NaN when all points are equal.

    Source: Gao et al. 2017, bioRxiv 214262; scikit-dimension's `lPCA(ver="participation_ratio")`.
    """

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        value = participation(layer)
        draws = None if counts is None or value != value else participation_of_replicates(layer, counts)
        return Measured(value, draws, len(layer.points), 0)

    return Cloud.of(points).each(resample, measure)
