"""Intrinsic dimension from ratios of farther neighbours (Gride), at one scale or at all."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Resample, metric
from langgeom.metrics.estimate import whole
from langgeom.metrics.numerics import sorted_rows
from langgeom.metrics.parts import Near, by_halves

# DADApy's limit for ratios, in units of the 95th percentile's distance to the median.
FAR = 20


@metric("id_gride", input="cloud", neighbours=16)
@metric("id_gride_1", input="cloud", neighbours=2, scale=1, about="Intrinsic dimension by Gride at scale 1")
@metric("id_gride_2", input="cloud", neighbours=4, scale=2, about="Intrinsic dimension by Gride at scale 2")
@metric("id_gride_4", input="cloud", neighbours=8, scale=4, about="Intrinsic dimension by Gride at scale 4")
@metric("id_gride_16", input="cloud", neighbours=32, scale=16, about="Intrinsic dimension by Gride at scale 16")
@metric("id_gride_32", input="cloud", neighbours=64, scale=32, about="Intrinsic dimension by Gride at scale 32")
@metric("id_gride_64", input="cloud", neighbours=128, scale=64, about="Intrinsic dimension by Gride at scale 64")
def id_gride(points: Tensor | Cloud, *, scale: int = 8, resample: Resample | None = None) -> Estimate:
    """Intrinsic dimension by Gride at one scale: neighbours n1 = scale and n2 = 2 n1, duplicates dropped.

    One copy of each exact duplicate is kept. The ratio mu = r_n2 / r_n1 of a point has the density d (mu^d - 1)^(n2 - n1 -
    1) / (B(n2 - n1, n1) mu^((n2 - 1) d + 1)); d is the root of the score of all N points' likelihood, (N - 1) / d + (n2 -
    n1 - 1) sum ln mu / (1 - mu^-d) - (n2 - 1) sum ln mu = 0, with N - 1 for N as in DADApy and scikit-dimension 0.5 (so
    that scale 1 is the unbiased TwoNN). As there, points with mu = 1 and with mu beyond median + 20 (95th percentile -
    median) are left out.

    Larger scales see less noise and more curvature and border; `gride_scales` gives the curve, whose plateau is the value
    to trust. Default 8: beyond the noise of bfloat16, within a cloud of a few hundred points.

    Args:
        scale: n1, at least 1.
        resample: splits of the sentences into halves, see `parts`.

    Returns:
        The dimension (no unit), n the points used, dropped copies and points left out. NaN when 2 scale or fewer points
        are distinct or fewer than 2 are used.

    Source: Denti, Doimo, Laio, Mira 2022, Sci. Rep. 12:20005, eq. 6 and section "Gride".
    """
    scale = whole("scale", scale, 1)

    def fit(near: Near) -> tuple[Tensor, Tensor]:
        close, far = near.neighbours(scale, 2 * scale).distances
        ratios = sorted_rows(torch.where(far > close, far / close, torch.nan).masked_fill_(far.isinf(), torch.nan))
        number = (~ratios.isnan()).sum(1, keepdim=True)
        high, median = (_quantile(ratios, number, share) for share in (0.95, 0.5))
        held = ratios < FAR * (high - median) + median
        logs, used = torch.where(held, ratios.log(), 0), held.sum(1)
        # All points are twice a half's.
        roots = [_root(logs[rows, : max(1, int(used[rows].max()))], used[rows], scale) for rows in _rows(len(used))]
        return torch.cat(roots), used

    return by_halves(points, resample, fit)


def gride_scales(points: Tensor | Cloud, *, largest: int = 64, resample: Resample | None = None) -> dict[int, Estimate]:
    """Return `id_gride` at scales 1, 2, 4, ... as long as n2 = 2 scale is at most `largest`; keys are the scales.

    Neighbours are found once for all scales.
    """
    largest = whole("gride_scales: largest", largest, 2)
    cloud, powers = Cloud.of(points), range(largest.bit_length() - 1)
    # The largest first, whose search serves the others.
    curve = {2**power: id_gride(cloud, scale=2**power, resample=resample) for power in reversed(powers)}
    return dict(sorted(curve.items()))


def _rows(parts: int) -> list[slice]:
    return [slice(0, 1), slice(1, parts)] if parts > 1 else [slice(0, 1)]


def _quantile(ordered: Tensor, number: Tensor, share: float) -> Tensor:
    """Return a quantile, interpolated, of the first `number` [parts, 1] of each row in ascending order, [parts, 1]."""
    place = share * (number - 1).clamp(min=0).double()
    low, high = (ordered.gather(1, bound.long()) for bound in (place.floor(), place.ceil()))
    return torch.lerp(low, high, place.frac())


def _root(logs: Tensor, number: Tensor, scale: int) -> Tensor:
    """Return the root d of the score for n2 = 2 scale in each part, to rounding.

    The score is convex and falling, so Newton's steps climb to its root from below.

    Args:
        logs: [parts, points] ln mu, above 0 for `number` [parts] of them, else 0.
        scale: n1.
    """
    held, number, total = logs > 0, number.double(), logs.sum(1)
    # Where each of two lower bounds of the score vanishes; the score is not negative there.
    d = torch.maximum((number - 1) / (scale * total), (scale * number - 1) / ((2 * scale - 1) * total))
    for _ in range(50 if scale > 1 else 0):
        less = torch.expm1(-d[:, None] * logs)
        terms = torch.where(held, logs / -less, 0)
        score = (number - 1) / d + (scale - 1) * terms.sum(1) - (2 * scale - 1) * total
        slope = -(number - 1) / d.square() - (scale - 1) * (terms.square() * (1 + less)).sum(1)
        step = -score / slope
        d = d + step
        if not bool((step.abs() > 1e-13 * d).any()):
            break
    return torch.where(d.isfinite() & (number >= 2), d, torch.nan)
