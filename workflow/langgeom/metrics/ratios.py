"""Fits of the law of nearest-neighbour ratios, in many parts of a cloud at once.

With d the intrinsic dimension and mu = r2 / r1, -ln(1 - F(mu)) = d ln mu (Facco et al. 2017, Sci. Rep. 7:12140, eq. 5).
`log_ratios` are ln mu, [parts, points] float64, infinite for points that a part lacks or leaves out; `number` [parts] says how
many are not. The least `keep` [parts] of them are used. A fit without a value is NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor


def fit_line(log_ratios: Tensor, number: Tensor, keep: Tensor, below: Tensor | float = 0.0) -> Tensor:
    """Fit the line through the origin: d = sum(x y) / sum(x^2), x = ln mu, y = -ln(1 - F); [parts].

    F of the i-th of N ratios is (below + i) / (below + N): `below` [parts] dropped ratios count in F, below all others.
    """
    x, rank, used = _least(log_ratios, keep)
    left = (number[:, None] - rank).clamp(min=1)
    y = (number + below).double().log()[:, None] - left.double().log()
    return _finite((torch.where(used, x * y, 0)).sum(1) / torch.where(used, x * x, 0).sum(1))


def fit_likelihood(log_ratios: Tensor, number: Tensor, keep: Tensor) -> Tensor:
    """Fit by maximum likelihood, the ratios beyond the least `keep` taken as censored, and unbiased; [parts].

    d = (keep - 1) / (sum of the keep least ln mu + (N - keep) times the largest of them).
    """
    x, _, used = _least(log_ratios, keep)
    largest = torch.where(used, x, 0).amax(1)
    return _finite((keep - 1) / (torch.where(used, x, 0).sum(1) + (number - keep) * largest))


def _least(log_ratios: Tensor, keep: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the ratios in ascending order, their ranks from 1, and which are used."""
    most = max(1, int(keep.max()))
    x = log_ratios.sort(dim=1).values[:, :most]
    rank = torch.arange(1, x.shape[1] + 1, device=x.device)
    return x, rank, rank <= keep[:, None]


def _finite(slopes: Tensor) -> Tensor:
    return torch.where(slopes.isfinite(), slopes, torch.nan)
