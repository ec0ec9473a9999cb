"""KL divergence between a text and the reference from nearest-neighbour distances."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from langgeom.metrics.aligned import Direction, each_pair, in_direction, project
from langgeom.metrics.cloud import Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate, whole
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample

# Pairs of points at a time.
PIECE = 1 << 21


@metric(
    "kl_knn",
    input="aligned_sentences",
    reverse="KL divergence from the reference, by nearest neighbours on common principal axes",
)
def kl_knn(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    k: int = 5,
    dims: int = 10,
    direction: Direction = "to_reference",
    resample: Resample | None = None,
) -> Estimate:
    """KL divergence to the reference by k nearest neighbours on the leading common principal axes, in nats.

    Both clouds are projected on the r = `dims` leading principal axes of the two pooled and exact duplicates dropped from
    each: n points x, m points y. With rho(x) the distance of x to its k-th neighbour among the other x, nu(x) to its k-th
    among the y, the value is r / n sum_x ln(nu(x) / rho(x)) + ln(m / (n - 1)). No shape is assumed. The number of dimensions
    multiplies the sum, which is why it is taken of a projection; bias grows with r and falls slowly with n, and the value
    may be below 0 for clouds that are alike. (Of a text to itself, nu is the distance to its (k - 1)-th neighbour.)

    Args:
        points, reference: [sentences, d] or [layers, sentences, d] (or clouds), row by row translations of each other.
        k: neighbours, at least 2 (so that one y equal to x does not make nu zero).
        dims: axes, fewer where the clouds span fewer.
        direction: `to_reference` as above; `from_reference` exchanges x and y.
        resample: bootstrap over sentences; axes and neighbours stay those of the whole clouds, multiplicities weigh the x.

    Returns:
        Nats, n the distinct points x, dropped their copies. NaN when there are k or fewer distinct x or fewer than k y, or
        when all points are equal.

    Raises:
        MetricError: shapes that differ; clouds with groups; NaN or infinite points; another direction; k below 2; dims below 1.

    Source: Wang, Kulkarni, Verdu 2009, IEEE TIT 55:2392, eq. 5; Perez-Cruz 2008, ISIT.
    """
    in_direction(direction, 0, 1)
    k, dims = whole("k", k, 2), whole("dims", dims, 1)

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        # Copies are told by the points themselves: a product may round two copies differently.
        first, others = (layer.distinct[0] for layer in in_direction(direction, x, y))
        n, m, dropped = len(first), len(others), len(x.points) - len(first)
        projected = project(x, y, dims)
        p, q = in_direction(direction, *projected)
        if n <= k or m < k or not p.shape[1]:
            return Measured.missing(n, dropped)
        within, across = _kth(p[first], p[first], k + 1), _kth(p[first], q[others], k)
        # Points apart by rounding alone, off the axes kept, say nothing of a ratio.
        least = 1e-13 * float(projected[0].abs().max())
        logs = across.clamp(min=least).log() - within.clamp(min=least).log()
        weights = x.sentences.weights(counts, torch.float64)[:, first]
        means = p.shape[1] * (weights @ logs) / weights.sum(1) + math.log(m / (n - 1))
        return Measured.of_fits(means, n, dropped)

    return each_pair(points, reference, resample, measure, signed=True)


def _kth(points: Tensor, others: Tensor, k: int) -> Tensor:
    """Return the k-th least distance of each point to the others (0 to itself, where it is among them), [n]."""
    step = max(1, PIECE // len(others))
    return torch.cat(
        [
            torch.cdist(part, others, compute_mode="donot_use_mm_for_euclid_dist").kthvalue(k, dim=1).values
            for part in points.split(step)
        ]
    )
