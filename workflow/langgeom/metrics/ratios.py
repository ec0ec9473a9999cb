"""The law of nearest-neighbour ratios, fitted to points that may count several times.

With d the intrinsic dimension and mu = r2 / r1, -ln(1 - F(mu)) = d ln mu (Facco et al. 2017, Sci. Rep. 7:12140, eq. 5).
A bootstrap replicate is how often each point counts. These fits give exactly what the plain formula gives on the list
in which each ratio stands that often, so the estimate itself is the case in which all count once.
"""

from __future__ import annotations

import torch
from torch import Tensor


def fit_line(log_ratios: Tensor, weights: Tensor, below: Tensor, keep: Tensor) -> Tensor:
    """Fit the line through the origin to the least ratios: d = sum(x y) / sum(x^2), x = ln mu, y = -ln(1 - F).

    F of the i-th of the N ratios listed is (below + i) / (below + N).

    Args:
        log_ratios: [points] float64, ascending.
        weights: [fits, points] int64, how often each counts; N are their sums.
        below: [fits] int64, dropped ratios that still count in F, below all others.
        keep: [fits] int64, ratios used, at most N - 1 (F would reach 1).

    Returns:
        [fits] float64; NaN where nothing is used or all ratios used are 1.
    """
    ends, used, x, total = _used(log_ratios, weights, keep)
    last = (below + total)[:, None] - 1
    # The sum of y over the copies of a point is a difference of ln((N - 1 - i)!), tabulated once.
    table = torch.lgamma(torch.arange(1, int(last.max()) + 2, dtype=torch.float64, device=x.device))
    left = (total - 1)[:, None]
    steps = table[(left - ends).clamp_(min=0)]
    y = torch.cat([steps[:, :1] - table[left.clamp(min=0)], torch.diff(steps, dim=1)], 1)
    used = used.double()
    y += used * (last + 1).double().log()
    slope = (y @ x) / (used @ x.square())
    return torch.where(slope.isfinite(), slope, torch.nan)


def fit_likelihood(log_ratios: Tensor, weights: Tensor, keep: Tensor) -> Tensor:
    """Fit by maximum likelihood, the ratios beyond the least `keep` taken as censored, and unbiased.

    d = (keep - 1) / (sum of the keep least ln mu + (N - keep) times the largest of them).

    Args and returns are those of `fit_line`; NaN where keep is less than 2 or all ratios used are 1.
    """
    _, used, x, total = _used(log_ratios, weights, keep)
    keep = keep.clamp(min=0)
    largest = torch.where(used > 0, x, -torch.inf).amax(1).clamp(min=0)
    dimension = (keep - 1) / (used.double() @ x + (total - keep) * largest)
    return torch.where(dimension.isfinite() & (keep >= 2), dimension, torch.nan)


def _used(log_ratios: Tensor, weights: Tensor, keep: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return what the least `keep` ratios are made of, up to the point at which all fits end.

    Returns:
        [fits, points] how many of them each point and those before it make up, and each alone; [points] the log ratios;
        [fits] the sums of all weights.
    """
    ends, keep = weights.cumsum(1), keep.clamp(min=0)[:, None]
    total = ends[:, -1].clone()
    last = min(int((ends < keep).sum(1).max()) + 1, ends.shape[1])
    ends = torch.minimum(ends[:, :last], keep)
    used = torch.cat([ends[:, :1], torch.diff(ends, dim=1)], 1)
    return ends, used, log_ratios[:last], total
