"""Intrinsic dimension as LLM-Microscope computes it."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics.cloud import Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate, whole
from langgeom.metrics.ratios import fit_line
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample

# LLM-Microscope's threshold, for distances in units of the mean distance to the centre and for mu - 1.
LEAST = 1e-8
# Ratios that a line is fitted to; with fewer the slope says nothing (layer 0 of a decoder may leave 5 distinct points).
LEAST_RATIOS = 10


@metric("id_microscope", input="cloud", neighbours=2)
def id_microscope(points: Tensor | Cloud, *, fraction: int = 5, resample: Resample | None = None) -> Estimate:
    """Intrinsic dimension by LLM-Microscope's formula: TwoNN on the lowest fifth of the ratios.

    With mu = r2 / r1 of each point's two nearest neighbours, points with r1 < 1e-8 (in units of the mean distance to
    the centre; so every copy of a duplicate) or mu <= 1 + 1e-8 are dropped, u of n. The others' mu are sorted, F_i = (u
    + i) / n, and the line through the origin is fitted to (ln mu_i, -ln(1 - F_i)) for the lowest n' // 5 of the n' = n
    - u kept. Equals `intrinsic_dimension` of llm-microscope 0.0.7 to 1e-6 (it takes F in float32).

    Under duplicates the dropped points raise F and the value explodes (10 % of duplicates double it; `id_twonn` does
    not).
    It uses the closest neighbours only, so it depends on n: compare clouds of one size.

    Args:
        points: [n, d] or [layers, n, d], or a `Cloud`.
        fraction: the lowest one in this many ratios are used (LLM-Microscope's `reduction_factor`).
        resample: bootstrap over sentences; neighbours stay those of the whole cloud, sentences' multiplicities weigh
            points.

    Returns:
        The dimension (no unit), n the points kept, dropped u. NaN when the line would be
        fitted to fewer than 10 ratios (50 points kept), where LLM-Microscope gives any number, up to 1e5.

    Raises:
        MetricError: NaN or infinite points; a fraction that is no whole number from 1.

    Source: Razzhigaev et al. 2024, arXiv:2311.05928; Facco et al. 2017, Sci. Rep. 7:12140.
    """
    fraction = whole("fraction (one in so many ratios is used)", fraction, 1)
    return Cloud.of(points).each(resample, lambda layer, counts: microscope_of_layer(layer, counts, fraction))


def microscope_of_layer(layer: Layer, counts: Tensor | None, fraction: int = 5) -> Measured:
    """Measure one layer, whose sentences are drawn as often as `counts` say."""
    kept, log_ratios = _ratios(layer)
    dropped = len(layer.points) - len(kept)
    if len(kept) < LEAST_RATIOS * fraction:
        return Measured.missing(len(kept), dropped)
    weights = layer.sentences.weights(counts)
    all_, mine = weights.sum(1), weights[:, kept]
    number = mine.sum(1)
    keep = torch.minimum(number // fraction, number - 1)
    return Measured.of_fits(fit_line(log_ratios, mine, all_ - number, keep), len(kept), dropped)


def _ratios(layer: Layer) -> tuple[Tensor, Tensor]:
    """Return the rows kept, in the order of their ratios, and ln mu of them, ascending."""
    first, copies = layer.distinct
    found = layer.nearest(2)
    if found is None:
        return first[:0], torch.zeros(0, dtype=torch.float64, device=first.device)
    r1, r2 = found.distances.T
    # A nearest neighbour that stands there twice is also the second nearest.
    r2 = torch.where(copies[found.indices[:, 0]] > 1, r1, r2)
    ratios = r2 / r1
    kept = (copies == 1) & (r1 >= LEAST * layer.norms.mean()) & (ratios > 1 + LEAST)
    ratios, order = ratios[kept].sort()
    return first[kept][order], ratios.log()
