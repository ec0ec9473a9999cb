"""Intrinsic dimension by maximum likelihood from the k nearest neighbours (Levina-Bickel)."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Resample, metric
from langgeom.metrics.estimate import whole
from langgeom.metrics.parts import Near, by_halves


@metric("id_mle", input="cloud", neighbours=20)
def id_mle(points: Tensor | Cloud, *, k: int = 20, resample: Resample | None = None) -> Estimate:
    """Intrinsic dimension by maximum likelihood on the distances to k neighbours, duplicates dropped.

    One copy of each exact duplicate is kept. With T_j the distance of point x to its j-th neighbour, the inverse of its
    local dimension is 1/m(x) = 1/(k - 1) sum_{j<k} ln(T_k / T_j); the value is 1 / mean_x 1/m(x) (the averaging of
    MacKay & Ghahramani, which is the likelihood of all points together; averaging m(x) itself is too high for small k).
    Equals scikit-dimension 0.5's `MLE(K=k)` with `n_neighbors=k, comb="mle"`.

    Assumes a constant density within k neighbours: with large k it averages over curvature and borders and comes out low,
    with small k it sees noise. Underestimates high dimensions at finite n.

    Args:
        k: neighbours, at least 2.
        resample: splits of the sentences into halves, see `parts`.

    Returns:
        The dimension (no unit), n the distinct points, dropped the copies. NaN when k or fewer are distinct, or when all k
        neighbours of every point are equally far.

    Source: Levina & Bickel 2004, NeurIPS, eq. 8; MacKay & Ghahramani 2005, comments on it.
    """
    k = whole("k", k, 2)

    def fit(near: Near) -> tuple[Tensor, Tensor]:
        found = near.neighbours(k, logs=True)
        last = found.distances[0]
        inverse = torch.where(last.isfinite(), last.log() - found.logs / (k - 1), 0).sum(1) / near.count
        return torch.where((near.count > k) & (inverse > 0), 1 / inverse, torch.nan), near.count

    return by_halves(points, resample, fit)
