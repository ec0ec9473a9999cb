"""Difference of the intrinsic dimensions of a text and of another version of the same sentences."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, MetricError, Resample, metric
from langgeom.metrics.aligned import each_pair_of_sentences
from langgeom.metrics.estimators.id_microscope import microscope
from langgeom.metrics.estimators.id_twonn import twonn
from langgeom.metrics.parts import Fit, Near

ESTIMATORS: dict[str, Fit] = {
    "id_microscope": microscope,
    "id_twonn": twonn,
}


@metric("id_microscope_difference", input="aligned_tokens", neighbours=2)
@metric(
    "id_twonn_difference",
    input="aligned_tokens",
    neighbours=2,
    estimator="id_twonn",
    about="Difference of the intrinsic dimensions (TwoNN's) of a text and of the reference on the same sentences.",
)
def id_difference(
    points: Cloud,
    reference: Cloud,
    *,
    estimator: Literal["id_microscope", "id_twonn"] = "id_microscope",
    resample: Resample | None = None,
) -> Estimate:
    """Difference of the intrinsic dimensions (LLM-Microscope's) of a text and of the reference on the same sentences.

    The dimension of the text's tokens less that of the reference's, over the sentences that are whole in both. If versions did
    not matter, either sentence of a pair might as well stand in either text. So labels are swapped within random pairs, and the
    differences that result are what chance makes of these very sentences: `p` is the share of them that are as large.

    Args:
        estimator: of the dimension.
        resample: as many swaps as it has replicates; the interval is the value -+ their standard deviation times a quantile.

    Returns:
        The difference (no unit), n the sentences, dropped 0. Each cloud's duplicates are handled as the estimator does:
        `id_microscope` leaves out every copy, which still counts in F, `id_twonn` keeps one. NaN where either estimate is.

    Source: see `id_microscope` and `id_twonn`; permutation within pairs: Fisher 1935, The Design of Experiments, section 21.
    """
    if estimator not in ESTIMATORS:
        raise MetricError(f"estimator is {estimator!r}; allowed: {', '.join(ESTIMATORS)}")

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        near = Near(x.once(("beside", y), lambda: x.beside(y)), _sides(x, y, resample), bits=estimator == "id_microscope")
        ours, theirs = ESTIMATORS[estimator](near)[0].reshape(-1, 2).T
        value, *halves = (ours - theirs)[:3].tolist()
        n, swapped, interval = x.sentences.count, (ours - theirs)[3:], None
        if resample is not None and counts is not None:
            interval = resample.of_swaps(value, swapped)
        return Measured(value, None, n, 0, interval, tuple(halves) or None, swapped if len(swapped) else None)

    return each_pair_of_sentences(points, reference, resample, measure, signed=True)


def _sides(x: Layer, y: Layer, resample: Resample | None) -> Tensor:
    """Return the rows of either side of each comparison, first x's and then y's: [rows, 2 comparisons].

    The comparisons are the text with the reference, the same in both halves, and under all swaps of labels.
    """
    n = x.sentences.count
    # Of each comparison, which sentences are on the first side from x, and which from y.
    mine, theirs = torch.ones((n, 1), dtype=torch.bool), torch.zeros((n, 1), dtype=torch.bool)
    if resample is not None and n > 1:
        half, swaps = resample.splits(n)[:1].T, resample.swaps(n).T
        mine = torch.cat([mine, half, ~half, ~swaps], 1)
        theirs = torch.cat([theirs, theirs, theirs, swaps], 1)
    kept = mine | theirs  # a half leaves the other's sentences out on both sides
    both = ((x, mine), (y, theirs))
    rows = [torch.stack([side, kept & ~side], 2)[layer.sentences.groups.cpu()] for layer, side in both]
    return torch.cat(rows).flatten(1).to(x.device)
