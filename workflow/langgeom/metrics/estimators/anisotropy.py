"""Anisotropy: the share of the largest singular value in the squared norm of a cloud."""

from __future__ import annotations

import math

from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.layer import EQUAL
from langgeom.metrics.numerics import row_norms, total_square
from langgeom.metrics.spectral import largest_of_replicates, leading

# Leading directions that replicates start from.
DIRECTIONS = 8
# Between these squared norms nothing overflows or vanishes in float32.
SAFE = (1e-20, 1e30)


@metric("anisotropy", input="cloud", robust="Anisotropy without the three dimensions that vary most in the reference")
@metric(
    "anisotropy_uncentred",
    input="cloud",
    bounds=(0, 1),
    centre=False,
    about="Anisotropy of the cloud as it stands: sigma_max^2 / ||X||_F^2, not centred.",
)
def anisotropy(points: Tensor | Cloud, *, centre: bool = True, resample: Resample | None = None) -> Estimate:
    """Anisotropy of the centred cloud: sigma_max^2 / sum sigma_i^2 of X minus its mean row.

    The share of the variance along its first principal direction, between 1 / min(n - 1, d) and 1 (no unit).
    sigma_max^2 by Lanczos iteration to 1e-6, the sum as ||X||_F^2 in float64 (see `spectral`). Not centred, it is mostly
    the share of the mean where the mean is far from the origin.

    Args:
        centre: whether the mean is subtracted.
        resample: bootstrap over sentences. Replicates weigh each sentence by its multiplicity and are centred anew;
            their largest eigenvalue is found to about a fifth of the replicates' standard deviation (see `spectral`),
            their norm exactly.

    Returns:
        The share, n all points, dropped 0. NaN when all points are equal (not centred, when all are zero).

    Source: Razzhigaev et al. 2024, arXiv:2311.05928, section 3.1; LLM-Microscope's `calculate_anisotropy_torch`.
    """

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        n = len(layer.points)
        matrix, norms = (layer.centred, layer.norms) if centre else (layer.wide, row_norms(layer.wide))
        total = total_square(norms)
        if total <= (EQUAL**2 * n * layer.offset if centre else 0.0):
            return Measured.missing(n)
        if not SAFE[0] < total < SAFE[1]:
            # By a power of two, which changes no share.
            matrix = (matrix.double() * 2.0 ** -round(math.log2(total) / 2)).to(matrix.dtype)
            norms = row_norms(matrix)
            total = total_square(norms)
        first = leading(matrix, vectors=DIRECTIONS if counts is not None else 1)
        draws = None
        if counts is not None:
            draws = largest_of_replicates(matrix, norms, layer.sentences, counts, first.vectors, centre=centre)
        return Measured(min(first.square / total, 1.0), draws, n, 0)

    return Cloud.of(points).each(resample, measure)
