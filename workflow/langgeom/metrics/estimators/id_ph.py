"""Intrinsic dimension by persistent homology: how the length of the least spanning tree grows with the number of points."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Resample, metric
from langgeom.metrics.estimate import whole
from langgeom.metrics.parts import Near, by_halves

# Distances held at a time.
PIECE = 1 << 24


@metric("id_ph", input="cloud", seconds=4.1)
def id_ph(
    points: Tensor | Cloud,
    *,
    least: int = 50,
    most: int = 511,
    step: int = 40,
    repeats: int = 7,
    resample: Resample | None = None,
) -> Estimate:
    """Persistent-homology dimension: the least spanning tree of n points grows in length as n^(1 - 1/d), duplicates dropped.

    One copy of each exact duplicate is kept. E(n) is the median length of the trees of `repeats` random samples of n points,
    n = least, least + step, ... up to `most` or all points; with m the slope of the least squares line of ln E on ln n, the
    value is 1 / (1 - m). The lengths of the tree's edges are where components of the cloud join: persistent homology in
    dimension 0. A repeat's samples are the first n of one random order of the points (Tulchinskii et al. draw each anew).

    Args:
        least, most, step: sizes of the samples.
        repeats: samples of each size.
        resample: its `seed` seeds the samples (without it, 0); splits of the sentences into halves, see `parts`.

    Returns:
        The dimension (no unit), n the distinct points, dropped the copies. NaN with fewer than three sizes (by default 130
        distinct points), or where m is 1 or more.

    Source: Schweinhart 2021, Discrete Comput. Geom. 65; Tulchinskii et al. 2023, NeurIPS, arXiv:2306.04723, section 4 and
    appendix; sizes and repeats as in their code.
    """
    least, most = whole("least", least, 2), whole("most", most, 2)
    step, repeats = whole("step", step, 1), whole("repeats", repeats, 1)
    seed = 0 if resample is None else resample.seed

    def fit(near: Near) -> tuple[Tensor, Tensor]:
        present, device, count = near.present.T, near.present.device, int(near.count[0])
        if count < least:
            return torch.full(near.count.shape, torch.nan, dtype=torch.float64), near.count
        sizes = torch.arange(least, min(most, count) + 1, step, device=device)
        keys = torch.rand((repeats, present.shape[1]), generator=torch.Generator().manual_seed(seed)).to(device)
        found = list[Tensor]()
        for key in keys:
            order = key.masked_fill(~present, 2.0).argsort(1)[:, : sizes[-1]]
            # What one repeat draws in all parts: of many points few.
            drawn, places = order.unique(return_inverse=True)
            rows = drawn.split(max(1, PIECE // present.shape[1]))
            table = torch.cat([near.layer.distances(some)[:, drawn] for some in rows])
            pieces = places.split(max(1, PIECE // order.shape[1] ** 2))
            tables = (table[some[:, :, None], some[:, None]] for some in pieces)
            found.append(torch.cat([tree_lengths(each, sizes.tolist()) for each in tables], 1))
        lengths = torch.stack(found).quantile(0.5, 0).log()
        return _dimension(lengths.masked_fill(sizes[:, None] > near.count, torch.nan), sizes.double().log()), near.count

    return by_halves(points, resample, fit)


def tree_lengths(tables: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return the lengths of the least spanning trees of the first so many points of each table of distances [samples, n, n].

    Prim's algorithm on all samples at once, [sizes, samples].
    """
    each, lengths = torch.arange(len(tables), device=tables.device), []
    for size in sizes:
        inside = tables[:, :size, :size]
        near, total = inside[:, 0].clone(), torch.zeros_like(inside[:, 0, 0])
        joined = torch.zeros_like(near)
        joined[:, 0] = torch.inf
        for _ in range(size - 1):
            nearest, where = (near + joined).min(1)
            total += nearest
            joined[each, where] = torch.inf
            near = torch.minimum(near, inside[each, where])
        lengths.append(total)
    return torch.stack(lengths)


def _dimension(lengths: Tensor, sizes: Tensor) -> Tensor:
    """Return 1 / (1 - slope) of logs [sizes, parts] on logs of sizes; lengths that are missing do not count."""
    held = (~lengths.isnan()).double()
    y, number = lengths.nan_to_num(), held.sum(0)
    x = (sizes[:, None] - (held * sizes[:, None]).sum(0) / number) * held
    slope = (x * y).sum(0) / x.square().sum(0)
    return torch.where((number > 2) & (slope < 1), 1 / (1 - slope), torch.nan)
