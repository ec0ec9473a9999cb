"""Difference of the intrinsic dimensions of a text and of another version of the same sentences."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from langgeom.metrics.aligned import each_pair_of_sentences
from langgeom.metrics.cloud import Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate
from langgeom.metrics.estimators.id_microscope import microscope_of_layer
from langgeom.metrics.estimators.id_twonn import twonn_of_layer
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample


@metric("id_microscope_difference", input="aligned_tokens", neighbours=2)
def id_microscope_difference(points: Cloud, reference: Cloud, *, resample: Resample | None = None) -> Estimate:
    """Difference of the intrinsic dimensions (LLM-Microscope's) of a text and of the reference on the same sentences.

    `id_microscope` of the text's tokens less that of the reference's, over the sentences that are whole in both. The two
    have nearly all words in common, so their estimates rise and fall together from one set of sentences to the next; a
    bootstrap that draws the sentences of both at once keeps that. Its interval is narrower than that of two unrelated
    texts of this size: on trained models by a fifth here, by half for `id_twonn_difference`.

    Args:
        points, reference: clouds of tokens [layers, tokens, d] with `groups`: the i-th sentence (in the order of the
            numbers) of one is the counterpart of the i-th of the other. They may have different numbers of tokens.
        resample: bootstrap over sentences, the same draws for both.

    Returns:
        The difference (no unit), n the sentences, dropped 0. Each cloud's duplicates are handled as `id_microscope`
        does: every copy is left out, and still counts in F. NaN where either estimate is.

    Raises:
        MetricError: layers, dimensions or numbers of sentences that differ; NaN or infinite points.

    Source: of the estimator, see `id_microscope`; the paired bootstrap: Efron & Tibshirani 1993, chapter 8.
    """
    return _difference(points, reference, resample, microscope_of_layer)


@metric("id_twonn_difference", input="aligned_tokens", neighbours=2)
def id_twonn_difference(points: Cloud, reference: Cloud, *, resample: Resample | None = None) -> Estimate:
    """Difference of the intrinsic dimensions (TwoNN's) of a text and of the reference on the same sentences.

    As `id_microscope_difference`, with `id_twonn`: exact duplicates within either cloud are dropped but for one copy.

    Args:
        points, reference, resample: as of `id_microscope_difference`.

    Returns:
        The difference (no unit), n the sentences, dropped 0. NaN where either estimate is.

    Raises:
        MetricError: layers, dimensions or numbers of sentences that differ; NaN or infinite points.

    Source: of the estimator, see `id_twonn`; the paired bootstrap: Efron & Tibshirani 1993, chapter 8.
    """
    return _difference(points, reference, resample, twonn_of_layer)


def _difference(
    points: Cloud, reference: Cloud, resample: Resample | None, dimension: Callable[[Layer, Tensor | None], Measured]
) -> Estimate:
    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        ours, theirs = dimension(x, counts), dimension(y, counts)
        value = ours.value - theirs.value
        draws = None
        if value == value and ours.replicates is not None and theirs.replicates is not None:
            draws = ours.replicates - theirs.replicates
        return Measured(value, draws, x.sentences.count, 0)

    return each_pair_of_sentences(points, reference, resample, measure, signed=True)
