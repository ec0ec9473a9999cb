"""Intrinsic dimension as LLM-Microscope computes it."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Resample, metric
from langgeom.metrics.estimate import whole
from langgeom.metrics.parts import Near, by_halves
from langgeom.metrics.ratios import fit_line

# LLM-Microscope's threshold, for distances in units of the mean distance to the centre and for mu - 1.
LEAST = 1e-8
# Ratios that a line is fitted to; with fewer the slope says nothing (layer 0 of a decoder may leave 5 distinct points).
LEAST_RATIOS = 10


@metric("id_microscope", input="cloud", neighbours=2)
@metric(
    "id_microscope_distinct",
    input="cloud",
    neighbours=2,
    distinct=True,
    about="Intrinsic dimension by LLM-Microscope's formula, of the distinct points",
)
def id_microscope(
    points: Tensor | Cloud, *, fraction: int = 5, distinct: bool = False, resample: Resample | None = None
) -> Estimate:
    """Intrinsic dimension by LLM-Microscope's formula: TwoNN on the lowest fifth of the ratios.

    With mu = r2 / r1 of each point's two nearest neighbours, points with r1 < 1e-8 (in units of the mean distance to
    the centre; so every copy of a duplicate) or mu <= 1 + 1e-8 are dropped, u of n. The others' mu are sorted, F_i = (u
    + i) / n, and the line through the origin is fitted to (ln mu_i, -ln(1 - F_i)) for the lowest n' // 5 of the n' = n
    - u kept. Equals `intrinsic_dimension` of llm-microscope 0.0.7 to 1e-6 (it takes F in float32).

    Under duplicates the dropped points raise F and the value explodes (10 % of duplicates double it; `id_twonn` does
    not).
    It uses the closest neighbours only, so it depends on n: compare clouds of one size.

    Args:
        fraction: the lowest one in this many ratios are used (LLM-Microscope's `reduction_factor`).
        distinct: whether one of each point's copies is kept (of a cloud with prefixes: of each prefix) and the others
            count nowhere. By itself, copies are rows of equal bits, as LLM-Microscope sees them, and all are dropped.
        resample: splits of the sentences into halves, see `parts`.

    Returns:
        The dimension (no unit), n the points kept, dropped u. NaN when the line would be
        fitted to fewer than 10 ratios (50 points kept), where LLM-Microscope gives any number, up to 1e5.

    Source: Razzhigaev et al. 2024, arXiv:2311.05928; Facco et al. 2017, Sci. Rep. 7:12140.
    """
    fraction = whole("fraction (one in so many ratios is used)", fraction, 1)
    return by_halves(points, resample, lambda near: microscope(near, fraction, copies=not distinct), bits=not distinct)


def microscope(near: Near, fraction: int = 5, *, copies: bool = True) -> tuple[Tensor, Tensor]:
    """Return the dimension in each part, and the points kept; with `copies`, those count in F and are dropped."""
    found = near.neighbours(1, 2)
    (r1, r2), number = found.distances, near.count
    kept, rows = near.present.T, number
    if copies:
        # A nearest neighbour that stands there twice is also the second nearest.
        r2 = torch.where(near.copies.T.gather(1, found.indices[0]) > 1, r1, r2)
        kept, rows = near.copies.T == 1, near.rows
    ratios = r2 / r1
    kept = kept & (r2 < torch.inf) & (r1 >= LEAST * near.layer.norms.mean()) & (ratios > 1 + LEAST)
    number = kept.sum(1)
    keep = torch.minimum(number // fraction, number - 1)
    fits = fit_line(ratios.masked_fill_(~kept, torch.inf), number, keep, rows - number)
    return fits.masked_fill(number < LEAST_RATIOS * fraction, torch.nan), number
