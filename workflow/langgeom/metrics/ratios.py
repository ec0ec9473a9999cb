"""Fits of the law of nearest-neighbour ratios, in many parts of a cloud at once.

With d the intrinsic dimension and mu = r2 / r1, -ln(1 - F(mu)) = d ln mu (Facco et al. 2017, Sci. Rep. 7:12140, eq. 5).
`ratios` are mu, [parts, points] float64, infinite or NaN for points that a part lacks or leaves out; `number` [parts] says how
many are not. The least `keep` [parts] of them are used. A fit without a value is NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics.numerics import sorted_rows


def fit_line(ratios: Tensor, number: Tensor, keep: Tensor, below: Tensor | float = 0.0) -> Tensor:
    """Fit the line through the origin: d = sum(x y) / sum(x^2), x = ln mu, y = -ln(1 - F); [parts].

    F of the i-th of N ratios is (below + i) / (below + N): `below` [parts] dropped ratios count in F, below all others.
    """
    x, rank = _least(ratios, keep)
    left = (number[:, None] - rank).clamp(min=1)
    y = (number + below).double().log()[:, None] - left.double().log()
    return _finite((x * y).sum(1) / (x * x).sum(1))


def fit_likelihood(ratios: Tensor, number: Tensor, keep: Tensor) -> Tensor:
    """Fit by maximum likelihood, the ratios beyond the least `keep` taken as censored, and unbiased; [parts].

    d = (keep - 1) / (sum of the keep least ln mu + (N - keep) times the largest of them).
    """
    x, _ = _least(ratios, keep)
    return _finite((keep - 1) / (x.sum(1) + (number - keep) * x.amax(1)))


def _least(ratios: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    """Return ln mu of the ratios in ascending order, 0 for those that are not used, and their ranks from 1."""
    most = max(1, int(keep.max()))
    x = sorted_rows(ratios)[:, :most].log()
    rank = torch.arange(1, x.shape[1] + 1, device=x.device)
    return x.masked_fill_(rank > keep[:, None], 0), rank


def _finite(slopes: Tensor) -> Tensor:
    return torch.where(slopes.isfinite(), slopes, torch.nan)
