"""Local intrinsic dimension: quartiles over the points of each one's own, by maximum likelihood."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Resample, metric
from langgeom.metrics.estimate import whole
from langgeom.metrics.layer import Layer
from langgeom.metrics.parts import Near, by_halves


@metric("id_local", input="cloud", neighbours=20)
@metric(
    "id_local_low", input="cloud", neighbours=20, quantile=0.25, about="Lower quartile of the points' local dimensions (MLE)"
)
@metric(
    "id_local_high", input="cloud", neighbours=20, quantile=0.75, about="Upper quartile of the points' local dimensions (MLE)"
)
def id_local(points: Tensor | Cloud, *, k: int = 20, quantile: float = 0.5, resample: Resample | None = None) -> Estimate:
    """Median of the points' local dimensions by maximum likelihood on the distances to k neighbours, duplicates dropped.

    One copy of each exact duplicate is kept. With T_j the distance of point x to its j-th neighbour, its local dimension is
    m(x) = (k - 1) / sum_{j<k} ln(T_k / T_j), as scikit-dimension 0.5's `MLE` gives it pointwise (`dimension_pw_`, with
    `n_neighbors=k`). `id_mle` is the inverse of the mean of 1 / m(x). m(x) has a relative error of about 1 / sqrt(k - 2), so
    quartiles lie apart even where the dimension is the same everywhere: for k = 20 by about a third of it.

    Args:
        k: neighbours, at least 3.
        quantile: of the points; interpolated.
        resample: splits of the sentences into halves, see `parts`.

    Returns:
        The dimension (no unit), n the distinct points, dropped the copies. Points whose k neighbours are all equally far have
        none. NaN when k or fewer points are distinct, or none has a local dimension.

    Source: Levina & Bickel 2004, NeurIPS, eq. 8.
    """
    k = whole("k", k, 3)

    def fit(near: Near) -> tuple[Tensor, Tensor]:
        return torch.where(near.count > k, _local(near, k).nanquantile(quantile, 1), torch.nan), near.count

    return by_halves(points, resample, fit)


def local_dimensions(layer: Layer, k: int = 20) -> Tensor:
    """Return the local dimension of each row of a layer, [n] float64, whose quantiles `id_local` gives; copies share one."""
    near = Near(layer, torch.ones((len(layer.stored), 1), dtype=torch.bool, device=layer.device))
    return _local(near, k)[0, near.members]


def _local(near: Near, k: int) -> Tensor:
    """Return the local dimension of each point in each part, [parts, points]; NaN where it has none, or is not there."""
    found = near.neighbours(k, logs=True)
    last = found.distances[0]
    inverse = torch.where(last.isfinite(), last.log() - found.logs / (k - 1), 0)
    return torch.where(inverse > 0, 1 / inverse, torch.nan)
