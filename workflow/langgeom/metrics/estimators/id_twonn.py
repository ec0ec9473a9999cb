"""Intrinsic dimension from the two nearest neighbours (TwoNN)."""

from __future__ import annotations

from numbers import Real
from typing import Literal

import torch
from torch import Tensor

from langgeom.metrics.cloud import Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.ratios import fit_likelihood, fit_line
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample


@metric("id_twonn", input="cloud", neighbours=2)
@metric("id_twonn_mle", input="cloud", neighbours=2, method="mle", about="Intrinsic dimension by TwoNN, maximum likelihood")
def id_twonn(
    points: Tensor | Cloud,
    *,
    method: Literal["linear", "mle"] = "linear",
    discard: float = 0.1,
    resample: Resample | None = None,
) -> Estimate:
    """Intrinsic dimension by TwoNN, duplicates dropped.

    One copy of each exact duplicate is kept. mu = r2 / r1 of the N distinct points' two nearest neighbours, sorted; the
    largest N - floor(N (1 - discard)) are discarded. `linear` fits the line through the origin to
    (ln mu_i, -ln(1 - i / N)) as in the paper; `mle` is (k - 1) / (sum_{i<=k} ln mu_i + (N - k) ln mu_k) with the
    discarded ratios censored, unbiased under the model (Denti et al. 2022, Sci. Rep. 12:20005, for discard = 0). Both
    as scikit-dimension 0.5 computes them.

    Assumes a locally uniform density up to the second neighbour. Underestimates high dimensions at finite n.

    Args:
        points: [n, d] or [layers, n, d], or a `Cloud`.
        method: the fit.
        discard: share of the largest ratios left out of the fit, 0 <= discard < 1. (At 0 the line leaves out the last,
            F = 1.)
        resample: bootstrap over sentences; neighbours stay those of the whole cloud, and a sentence's multiplicity
            weighs its points (a duplicated point belongs to the first sentence that has it).

    Returns:
        The dimension (no unit), n the distinct points, dropped the copies. NaN when fewer than 3 points are distinct,
        when the fit would keep fewer than 2, or when all ratios used are 1.

    Raises:
        MetricError: NaN or infinite points; another method or discard.

    Source: Facco, d'Errico, Rodriguez, Laio 2017, Sci. Rep. 7:12140.
    """
    if method not in ("linear", "mle") or not isinstance(discard, Real) or not 0 <= discard < 1:
        raise MetricError(f"method is {method!r} and discard {discard!r}; allowed: linear or mle, and 0 <= discard < 1")
    return Cloud.of(points).each(resample, lambda layer, counts: twonn_of_layer(layer, counts, method, discard))


def twonn_of_layer(
    layer: Layer, counts: Tensor | None, method: Literal["linear", "mle"] = "linear", discard: float = 0.1
) -> Measured:
    """Measure one layer, whose sentences are drawn as often as `counts` say."""
    first, _ = layer.distinct
    dropped = len(layer.points) - len(first)
    found = layer.nearest(2)
    if found is None:
        return Measured.missing(len(first), dropped)
    log_ratios, order = (found.distances[:, 1] / found.distances[:, 0]).log().sort()
    weights = layer.sentences.weights(counts)[:, first[order]]
    number = weights.sum(1)
    keep = (number.double() * (1 - discard)).long()
    if method == "mle":
        fits = fit_likelihood(log_ratios, weights, keep)
    else:
        fits = fit_line(log_ratios, weights, torch.zeros_like(number), torch.minimum(keep, number - 1))
        fits = torch.where(keep >= 2, fits, torch.nan)
    return Measured.of_fits(fits, len(first), dropped)
