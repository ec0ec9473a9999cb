"""Anisotropy: the share of the largest singular value in the squared norm of a cloud."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from langgeom.metrics.cloud import EQUAL, Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate
from langgeom.metrics.registry import metric
from langgeom.metrics.replicates import largest_of_replicates
from langgeom.metrics.resample import Resample
from langgeom.metrics.spectral import leading, total_square

__all__ = ["anisotropy", "anisotropy_uncentred"]

# Leading directions that replicates start from.
DIRECTIONS = 8
# Between these squared norms nothing overflows or vanishes in float32.
SAFE = (1e-20, 1e30)


@metric("anisotropy", input="cloud", bounds=(0, 1))
def anisotropy(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Anisotropy of the centred cloud: sigma_max^2 / sum sigma_i^2 of X less its mean row.

    The share of the variance along its first principal direction, between 1 / min(n - 1, d) and 1 (no unit).
    sigma_max^2 by Lanczos iteration to 1e-6, the sum as ||X||_F^2 in float64 (see `spectral`).

    Args:
        points: [n, d] or [layers, n, d], or a `Cloud`.
        resample: bootstrap over sentences. Replicates weigh each sentence by its multiplicity and are centred anew;
            their largest eigenvalue is found to about a fifth of the replicates' standard deviation (see `replicates`),
            their norm exactly.

    Returns:
        The share, n all points, dropped 0. NaN when all points are equal.

    Raises:
        MetricError: NaN or infinite points.

    Source: Razzhigaev et al. 2024, arXiv:2311.05928, section 3.1; LLM-Microscope's `calculate_anisotropy_torch`.
    """
    cloud = Cloud.of(points)
    return cloud.each(resample, lambda layer, counts: _share(layer, cloud, counts, centre=True))


@metric("anisotropy_uncentred", input="cloud", bounds=(0, 1))
def anisotropy_uncentred(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Anisotropy of the cloud as it stands: sigma_max^2 / ||X||_F^2, not centred.

    Where the mean is far from the origin this is mostly the share of the mean; `anisotropy` is without it. Otherwise as
    `anisotropy`; NaN when all points are zero.
    """
    cloud = Cloud.of(points)
    return cloud.each(resample, lambda layer, counts: _share(layer, cloud, counts, centre=False))


def _share(layer: Layer, cloud: Cloud, counts: Tensor | None, *, centre: bool) -> Measured:
    n = len(layer.points)
    matrix = layer.centred if centre else layer.wide
    total = total_square(matrix)
    if not total or not math.isfinite(total):
        # Raises for points that are not finite, and for those whose powers are not numbers.
        _ = layer.mean
    if total <= (EQUAL**2 * n * layer.offset if centre else 0.0):
        return Measured(torch.nan, None, n, 0)
    if not SAFE[0] < total < SAFE[1]:
        # By a power of two, which changes no share.
        matrix = (matrix.double() * 2.0 ** -round(math.log2(total) / 2)).to(matrix.dtype)
        total = total_square(matrix)
    found = leading(matrix, vectors=DIRECTIONS if counts is not None else 1)
    value = min(found.square / total, 1.0)
    if counts is None:
        return Measured(value, None, n, 0)
    return Measured(value, largest_of_replicates(matrix, cloud.groups, counts, found.vectors, centre=centre), n, 0)
