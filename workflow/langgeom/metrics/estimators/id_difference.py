"""Difference of the intrinsic dimensions of a text and of another version of the same sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, MetricError, Resample, metric
from langgeom.metrics.aligned import each_pair_of_sentences
from langgeom.metrics.estimators.id_microscope import microscope_of_layer
from langgeom.metrics.estimators.id_twonn import twonn_of_layer

ESTIMATORS: dict[str, Callable[[Layer, Tensor | None], Measured]] = {
    "id_microscope": microscope_of_layer,
    "id_twonn": twonn_of_layer,
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

    The dimension of the text's tokens less that of the reference's, over the sentences that are whole in both. The two
    have nearly all words in common, so their estimates rise and fall together from one set of sentences to the next; a
    bootstrap that draws the sentences of both at once keeps that. Its interval is narrower than that of two unrelated
    texts of this size: on trained models by a fifth for `id_microscope`, by half for `id_twonn`.

    Args:
        points, reference: clouds of tokens [layers, tokens, d] with `groups`: the i-th sentence (in the order of the
            numbers) of one is the counterpart of the i-th of the other. They may have different numbers of tokens.
        estimator: of the dimension.
        resample: bootstrap over sentences, the same draws for both.

    Returns:
        The difference (no unit), n the sentences, dropped 0. Each cloud's duplicates are handled as the estimator does:
        `id_microscope` leaves out every copy, which still counts in F, `id_twonn` keeps one. NaN where either estimate is.

    Raises:
        MetricError: layers, dimensions or numbers of sentences that differ; NaN or infinite points; another estimator.

    Source: see `id_microscope` and `id_twonn`; the paired bootstrap: Efron & Tibshirani 1993, chapter 8.
    """
    if estimator not in ESTIMATORS:
        raise MetricError(f"estimator is {estimator!r}; allowed: {', '.join(ESTIMATORS)}")
    dimension = ESTIMATORS[estimator]

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        ours, theirs = dimension(x, counts), dimension(y, counts)
        value = ours.value - theirs.value
        draws = None
        if value == value and ours.replicates is not None and theirs.replicates is not None:
            draws = ours.replicates - theirs.replicates
        return Measured(value, draws, x.sentences.count, 0)

    return each_pair_of_sentences(points, reference, resample, measure, signed=True)
