"""Spectral slope: how fast the variances of a cloud fall (alpha-ReQ)."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, MetricError, Resample, metric
from langgeom.metrics.estimate import whole
from langgeom.metrics.spectral import squares


@metric("spectral_slope", input="cloud")
def spectral_slope(points: Tensor | Cloud, *, first: int = 11, last: int = 100, resample: Resample | None = None) -> Estimate:
    """Spectral slope: alpha of the power law lambda_i ~ i^-alpha of the variances, alpha-ReQ.

    lambda_i are the eigenvalues of the covariance, largest first. The line of ln lambda_i on ln i is fitted by least squares
    with weights 1/i, over the ranks i from `first` to `last`; the value is less its slope. 0 where these directions have the
    same variance; about 1 is where a code is as rich as it can be and still smooth, in the papers.

    Args:
        first, last: ranks of the fit. The largest are left out, so that massive dimensions do not decide.
        resample: bootstrap over sentences; the principal axes stay those of the whole cloud, and a replicate's lambda_i is its
            scatter along axis i about its own mean.

    Returns:
        The slope (no unit), n all points, dropped 0. NaN where the cloud has fewer than `last` directions.

    Source: Agrawal et al. 2022, NeurIPS, section 3; the fit: Stringer et al. 2019, Nature 571, methods.
    """
    first, last = whole("first", first, 1), whole("last", last, 2)
    if last <= first:
        raise MetricError(f"last is {last}; it must be above first, {first}")

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        n, found = len(layer.points), squares(layer, counts)
        if found is None or found.shape[1] < last or found[0, -last] <= 0:
            return Measured.missing(n)
        ranks = torch.arange(first, last + 1, dtype=torch.float64, device=found.device)
        weights, x = 1 / ranks, ranks.log()
        x = x - (weights * x).sum() / weights.sum()
        fits = -(found.flip(1)[:, first - 1 : last].log() @ (weights * x)) / (weights * x.square()).sum()
        fits = torch.where(fits.isfinite(), fits, torch.nan)
        return Measured(float(fits[0]), None if counts is None else fits[1:], n, 0)

    return Cloud.of(points).each(resample, measure)
