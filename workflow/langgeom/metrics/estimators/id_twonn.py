"""Intrinsic dimension from the two nearest neighbours (TwoNN)."""

from __future__ import annotations

from numbers import Real
from typing import Literal

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, MetricError, Resample, metric
from langgeom.metrics.parts import Near, by_halves
from langgeom.metrics.ratios import fit_likelihood, fit_line


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
        method: the fit.
        discard: share of the largest ratios left out of the fit, 0 <= discard < 1. (At 0 the line leaves out the last,
            F = 1.)
        resample: splits of the sentences into halves, see `parts`.

    Returns:
        The dimension (no unit), n the distinct points, dropped the copies. NaN when fewer than 3 points are distinct,
        when the fit would keep fewer than 2, or when all ratios used are 1.

    Source: Facco, d'Errico, Rodriguez, Laio 2017, Sci. Rep. 7:12140.
    """
    if method not in ("linear", "mle") or not isinstance(discard, Real) or not 0 <= discard < 1:
        raise MetricError(f"method is {method!r} and discard {discard!r}; allowed: linear or mle, and 0 <= discard < 1")
    return by_halves(points, resample, lambda near: twonn(near, method, discard))


def twonn(near: Near, method: str = "linear", discard: float = 0.1) -> tuple[Tensor, Tensor]:
    """Return the dimension in each part, and the distinct points."""
    first, second = near.neighbours(1, 2).distances
    ratios = second / first
    keep = (near.count.double() * (1 - discard)).long()
    missing = (near.count < 3) | (keep < 2)
    if method == "mle":
        fits = fit_likelihood(ratios, near.count, keep)
    else:
        fits = fit_line(ratios, near.count, torch.minimum(keep, near.count - 1))
    return fits.masked_fill(missing, torch.nan), near.count
