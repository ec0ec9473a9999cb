"""Intrinsic dimension from ratios of farther neighbours (Gride), at one scale or at all."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics.cloud import Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate, whole
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample

# DADApy's limit for ratios, in units of the 95th percentile's distance to the median.
FAR = 20
# Nodes of the polynomial in d, and how far it reaches to either side of the estimate, as a share of it.
NODES, REACH = 14, 0.25


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
        points: [n, d] or [layers, n, d], or a `Cloud`.
        scale: n1, at least 1.
        resample: bootstrap over sentences; neighbours and the points left out stay those of the whole cloud, and a
            sentence's multiplicity weighs its points.

    Returns:
        The dimension (no unit), n the points used, dropped copies and points left out. NaN when 2 scale or fewer points
        are distinct or fewer than 2 are used.

    Raises:
        MetricError: NaN or infinite points; a scale that is no whole number of 1 or more.

    Source: Denti, Doimo, Laio, Mira 2022, Sci. Rep. 12:20005, eq. 6 and section "Gride".
    """
    scale = whole("scale", scale, 1)

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        first, _ = layer.distinct
        found = layer.nearest(2 * scale)
        if found is None:
            return Measured.missing(len(first), len(layer.points) - len(first))
        ratios = found.distances[:, -1] / found.distances[:, scale - 1]
        above = ratios > 1
        held = torch.zeros_like(above)
        if above.any():
            high, median = torch.quantile(ratios[above], torch.tensor([0.95, 0.5]).to(ratios)).tolist()
            held = above & (ratios < FAR * (high - median) + median)
        n = int(held.sum())
        if n < 2:
            return Measured.missing(n, len(layer.points) - n)
        weights = layer.sentences.weights(counts, torch.float64)[:, first[held]]
        return Measured.of_fits(_fit(ratios[held].log(), weights, scale), n, len(layer.points) - n)

    return Cloud.of(points).each(resample, measure)


def gride_scales(points: Tensor | Cloud, *, largest: int = 64, resample: Resample | None = None) -> dict[int, Estimate]:
    """Return `id_gride` at scales 1, 2, 4, ... as long as n2 = 2 scale is at most `largest`; keys are the scales.

    Neighbours are found once for all scales.

    Raises:
        MetricError: as `id_gride`; a `largest` that is no whole number of 2 or more.
    """
    largest = whole("gride_scales: largest", largest, 2)
    cloud = Cloud.of(points)
    scales = [2**power for power in range(largest.bit_length() - 1)]
    cloud.expect(2 * scales[-1])
    return {scale: id_gride(cloud, scale=scale, resample=resample) for scale in scales}


def _fit(logs: Tensor, weights: Tensor, scale: int) -> Tensor:
    """Return the root d of the score for n2 = 2 scale, [fits]; the first fit is the estimate, the others its replicates.

    Only the weights w differ between replicates, so the one costly term of their scores, t(d) = sum w x / (1 - exp(-d x)), is
    taken at `NODES` Chebyshev points around the estimate and is a polynomial in d for all of them: a twentieth of the time. t
    has its poles at 0 and off the real axis, so within `REACH` the polynomial is t to ten digits. A replicate whose root lies
    beyond is solved by itself.

    Args:
        logs: [points] ln mu, above 0.
        weights: [fits, points] float64, how often each counts.
        scale: n1.
    """
    value, drawn = _newton(logs, weights[:1], scale), weights[1:]
    if scale == 1 or not len(drawn) or not bool(value.isfinite()):
        return torch.cat([value, _newton(logs, drawn, scale)])
    order = torch.arange(NODES, dtype=torch.float64, device=logs.device)
    angles = torch.pi * (order + 0.5) / NODES
    terms = logs[:, None] / -torch.expm1(-logs[:, None] * value * (1 + REACH * angles.cos()))
    # Coefficients of the Chebyshev polynomials T_0, T_1, ... in (d / value - 1) / REACH.
    transform = (order[:, None] * angles).cos() * torch.where(order == 0, 1, 2)[:, None] / NODES
    coefficients = drawn @ (terms @ transform.T)
    number, total = drawn.sum(1), drawn @ logs
    d = value.expand(len(drawn))
    for _ in range(50):
        angle = ((d / value - 1) / REACH).clamp(-1 + 1e-9, 1 - 1e-9).acos()[:, None]
        slope = (coefficients * order * (angle * order).sin()).sum(1) / (angle[:, 0].sin() * REACH * value)
        score = (number - 1) / d + (scale - 1) * (coefficients * (angle * order).cos()).sum(1) - (2 * scale - 1) * total
        moved = (d - score / ((scale - 1) * slope - (number - 1) / d.square())).clamp(value * (1 - REACH), value * (1 + REACH))
        settled = (moved - d).abs() <= 1e-12 * d
        d = moved
        if bool(settled.all()):
            break
    beyond = ~(settled & ((d / value - 1).abs() < 0.999 * REACH) & (number >= 2))
    d[beyond] = _newton(logs, drawn[beyond], scale)
    return torch.cat([value, d])


def _newton(logs: Tensor, weights: Tensor, scale: int) -> Tensor:
    """Return the roots [fits] to rounding: the score is convex and falling, so Newton's steps climb to its root from below."""
    number, total = weights.sum(1), weights @ logs
    # Where each of two lower bounds of the score vanishes; the score is not negative there.
    start = torch.maximum((number - 1) / (scale * total), (scale * number - 1) / ((2 * scale - 1) * total))
    d = start
    for _ in range(50 if scale > 1 else 0):
        decay = torch.exp(-d[:, None] * logs)
        terms = logs / -torch.expm1(-d[:, None] * logs)
        score = (number - 1) / d + (scale - 1) * (weights * terms).sum(1) - (2 * scale - 1) * total
        slope = -(number - 1) / d.square() - (scale - 1) * (weights * terms.square() * decay).sum(1)
        step = -score / slope
        d = d + step
        if bool((step.abs() <= 1e-13 * d).all()):
            break
    return torch.where(d.isfinite() & (number >= 2), d, torch.nan)
