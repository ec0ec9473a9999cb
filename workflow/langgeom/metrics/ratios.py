"""The law of nearest-neighbour ratios, fitted to points that may count several times.

With d the intrinsic dimension and mu = r2 / r1, -ln(1 - F(mu)) = d ln mu (Facco et al. 2017, Sci. Rep. 7:12140, eq. 5).
A bootstrap replicate is how often each point counts. These fits give exactly what the plain formula gives on the list
in which each ratio stands that often, so that the estimate itself is the case in which all count once.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["fit_likelihood", "fit_line", "multiplicities"]


def multiplicities(counts: Tensor | None, groups: Tensor) -> Tensor:
    """Return how often each point counts, [1 + replicates, points] int64: once, then as its sentence was drawn."""
    once = torch.ones((1, len(groups)), dtype=torch.int64, device=groups.device)
    return once if counts is None else torch.cat([once, counts[:, groups]])


def _used(weights: Tensor, keep: Tensor) -> tuple[Tensor, int]:
    """Return how many of the least `keep` ratios each point and those before it make up, and at which point all end."""
    ends = torch.minimum(weights.cumsum(1), keep[:, None])
    last = int((ends < keep[:, None]).sum(1).max()) + 1
    return ends[:, :last], min(last, ends.shape[1])


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
    keep = keep.clamp(min=0)
    total = below + weights.sum(1)
    ends, last = _used(weights, keep)
    x = log_ratios[:last]
    used = torch.diff(ends, dim=1, prepend=torch.zeros_like(ends[:, :1])).double()
    # The sum of y over the copies of a point is a difference of ln((N - 1 - i)!), tabulated once.
    table = torch.lgamma(torch.arange(1, int(total.max()) + 1, dtype=torch.float64, device=x.device))
    steps = table[((total - 1 - below)[:, None] - ends).clamp(min=0)]
    start = table[(total - 1 - below).clamp(min=0)][:, None]
    y = used * total.double().log()[:, None] + torch.diff(steps, dim=1, prepend=start)
    slope = (y @ x) / (used @ x.square())
    return torch.where(slope.isfinite(), slope, torch.nan)


def fit_likelihood(log_ratios: Tensor, weights: Tensor, keep: Tensor) -> Tensor:
    """Fit by maximum likelihood, the ratios beyond the least `keep` taken as censored, and unbiased.

    d = (keep - 1) / (sum of the keep least ln mu + (N - keep) times the largest of them).

    Args and returns are those of `fit_line`; NaN where keep is less than 2 or all ratios used are 1.
    """
    keep = keep.clamp(min=0)
    ends, last = _used(weights, keep)
    x = log_ratios[:last]
    used = torch.diff(ends, dim=1, prepend=torch.zeros_like(ends[:, :1]))
    largest = torch.where(used > 0, x, -torch.inf).amax(1).clamp(min=0)
    dimension = (keep - 1) / (used.double() @ x + (weights.sum(1) - keep) * largest)
    return torch.where(dimension.isfinite() & (keep >= 2), dimension, torch.nan)
