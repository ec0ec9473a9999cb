"""KL divergence between the mean embeddings of aligned sentences."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.aligned import (
    Direction,
    divergence,
    each_pair,
    each_pair_of_sentences,
    in_direction,
    mean_over_sentences,
)

# Units about the root mean square, for the derivative by its logarithm.
STEPS = torch.tensor([0.999, 1.0, 1.001], dtype=torch.float64)


@metric(
    "kl_mean",
    input="aligned_sentences",
    reverse="KL divergence from the reference, mean embedding per sentence",
)
@metric(
    "kl_mean_scaled",
    input="aligned_sentences",
    bounds=(0, None),
    scaled=True,
    about="KL divergence to the reference, mean embedding per sentence, in units of the reference's root mean square",
)
def kl_mean(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    direction: Direction = "to_reference",
    scaled: bool = False,
    resample: Resample | None = None,
) -> Estimate:
    """KL divergence to the reference, mean embedding per sentence, in nats.

    The mean over sentences s of KL(softmax(x_s) || softmax(y_s)), KL(P || Q) = sum_i p_i ln(p_i / q_i) over the dimensions i of
    the embedding, x_s that of the sentence and y_s that of its translation in the reference. Softmax depends on the scale of
    the embeddings, so values compare within a layer, not between models. `scaled` divides both by the root mean square of the
    reference's embeddings (all sentences and dimensions) first: then no layer is one-hot by its scale alone.

    Args:
        scaled: as above.
        resample: bootstrap-t over sentences (rows).

    Returns:
        Nats, n the sentences, dropped 0. NaN where `scaled` and the reference is zero.

    Source: the study, figure 7 (Kullback & Leibler 1951).
    """
    in_direction(direction, 0, 1)

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        p, q = in_direction(direction, x.points, y.points)
        if not scaled:
            return mean_over_sentences(divergence(p, q), resample, counts)
        squares = y.points.double().square().mean(1)
        size = squares.mean().sqrt()
        if not size > 0:
            return Measured.missing(len(p))
        fewer, terms, more = (divergence(p.double() / unit, q.double() / unit) for unit in (size * STEPS.to(size)).unbind())
        # The unit is an estimate too: what a sentence does to the value by it, to first order.
        slope = (more - fewer).mean() / float(STEPS[2] - STEPS[0])
        return mean_over_sentences(terms + slope * (squares / squares.mean() - 1) / 2, resample, counts)

    return each_pair(points, reference, resample, measure)


@metric("kl_mean_whole", input="aligned_tokens", bounds=(0, None))
def kl_mean_whole(points: Cloud, reference: Cloud, *, resample: Resample | None = None) -> Estimate:
    """KL divergence to the reference, mean embedding per sentence, on the sentences that `kl_positions` has.

    `kl_mean` of the means of the tokens given: what differs from `kl_positions` is then the mean, not the sentences.

    Args and errors are those of `kl_padded`; nats, n the sentences, dropped 0.
    """

    def means(layer: Layer) -> Tensor:
        rows = layer.points.double()
        return layer.sentences.sums(rows) / layer.sentences.sums(torch.ones_like(rows[:, :1]))

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        return mean_over_sentences(divergence(means(x), means(y)), resample, counts)

    return each_pair_of_sentences(points, reference, resample, measure)
