"""The law of nearest-neighbour ratios, fitted to points that may count several times.

With d the intrinsic dimension and mu = r2 / r1, -ln(1 - F(mu)) = d ln mu (Facco et al. 2017, Sci. Rep. 7:12140, eq. 5).
A bootstrap replicate is how often each point counts. These fits give exactly what the plain formula gives on the list
in which each ratio stands that often, so the estimate itself is the case in which all count once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics.numerics import rows_cached


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
    ends, x, total = _ends(log_ratios, weights, keep)
    # The sum of y over the copies of a point is a difference of ln((N - 1 - i)!), tabulated once.
    table = torch.lgamma(torch.arange(1, int((below + total).max()) + 1, dtype=torch.float64, device=x.device))
    left, logs = (total - 1)[:, None], (below + total).double().log()[:, None]
    used = torch.empty(ends.shape, dtype=torch.float64, device=x.device)
    y = torch.empty_like(used)
    step = rows_cached(ends)
    for part, one, some, start, log in zip(*(whole.split(step) for whole in (ends, used, y, left, logs)), strict=True):
        _differences(part, torch.zeros_like(start), one)
        steps = table.index_select(0, (start - part).clamp_(min=0).flatten()).view_as(some)
        _differences(steps, table[start.clamp(min=0)], some)
        some += one * log
    slope = (y @ x) / (used @ x.square())
    return torch.where(slope.isfinite(), slope, torch.nan)


def fit_likelihood(log_ratios: Tensor, weights: Tensor, keep: Tensor) -> Tensor:
    """Fit by maximum likelihood, the ratios beyond the least `keep` taken as censored, and unbiased.

    d = (keep - 1) / (sum of the keep least ln mu + (N - keep) times the largest of them).

    Args and returns are those of `fit_line`; NaN where keep is less than 2 or all ratios used are 1.
    """
    ends, x, total = _ends(log_ratios, weights, keep)
    keep, used = keep.clamp(min=0), torch.empty(ends.shape, dtype=torch.float64, device=x.device)
    _differences(ends, torch.zeros_like(ends[:, :1]), used)
    largest = torch.where(used > 0, x, -torch.inf).amax(1).clamp(min=0)
    dimension = (keep - 1) / (used @ x + (total - keep) * largest)
    return torch.where(dimension.isfinite() & (keep >= 2), dimension, torch.nan)


def _ends(log_ratios: Tensor, weights: Tensor, keep: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return how many of the least `keep` ratios each point and those before it make up, up to where all fits end.

    Returns:
        [fits, points] these numbers, [points] the log ratios, [fits] the sums of all weights.
    """
    ends, keep = weights.cumsum(1), keep.clamp(min=0)[:, None]
    total = ends[:, -1].clone()
    last = int((ends < keep).sum(1).max()) + 1
    return torch.minimum(ends[:, :last], keep), log_ratios[:last], total


def _differences(values: Tensor, before: Tensor, out: Tensor) -> None:
    """Write the differences of successive columns, the first to `before`, to `out`."""
    torch.sub(values[:, :1], before, out=out[:, :1])
    torch.sub(values[:, 1:], values[:, :-1], out=out[:, 1:])
