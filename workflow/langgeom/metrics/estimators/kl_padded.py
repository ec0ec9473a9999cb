"""KL divergence between aligned sentences, token by token, the shorter one padded with zeros."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from langgeom.metrics.aligned import (
    Direction,
    divergence,
    each_pair_of_sentences,
    in_direction,
    log_softmax,
    mean_over_sentences,
)
from langgeom.metrics.cloud import Cloud, Layer, Measured, Sentences
from langgeom.metrics.estimate import Estimate
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample


@metric(
    "kl_padded",
    input="aligned_tokens",
    bounds=(0, None),
    reverse="KL divergence from the reference, sentences padded with zeros",
)
def kl_padded(
    points: Cloud,
    reference: Cloud,
    *,
    direction: Direction = "to_reference",
    resample: Resample | None = None,
) -> Estimate:
    """KL divergence to the reference, sentences padded with zeros and not averaged, in nats per sentence.

    The mean over sentences of the sum over positions of KL(softmax(x_sp) || softmax(y_sp)), where a position beyond a
    sentence's end holds a zero vector, whose softmax is uniform. This is the study's mean over sentences and positions
    times the padded length; positions where both are padded add nothing, so the value does not depend on that length.
    It partly measures the difference in the number of tokens.

    Args:
        points, reference: clouds of tokens [layers, tokens, d] with `groups`: the i-th sentence (in the order of the
            numbers) of one is the translation of the i-th of the other, whole, and its tokens stand in their order.
        direction: `to_reference` as above; `from_reference` exchanges x and y.
        resample: bootstrap over sentences.

    Returns:
        Nats per sentence, n the sentences, dropped 0.

    Raises:
        MetricError: layers, dimensions or numbers of sentences that differ; NaN or infinite points; another direction.

    Source: the study, figure 8.
    """
    in_direction(direction, 0, 1)

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        x, y = in_direction(direction, x, y)
        rows_x, rows_y, beyond_x, beyond_y = _paired(x.sentences, y.sentences)
        uniform = math.log(x.points.shape[1])
        terms = torch.empty(len(x.points), dtype=torch.float64, device=x.device)
        terms[rows_x] = divergence(log_softmax(x.points[rows_x]), log_softmax(y.points[rows_y]))
        # Against a uniform Q, KL is sum p ln p + ln d; from a uniform P, -ln d - mean ln q.
        p = log_softmax(x.points[beyond_x])
        terms[beyond_x] = (p.exp() * p).sum(1) + uniform
        total = x.sentences.sums(terms)
        total.index_add_(0, y.sentences.groups[beyond_y], -uniform - log_softmax(y.points[beyond_y]).mean(1))
        return mean_over_sentences(total, counts)

    return each_pair_of_sentences(points, reference, resample, measure)


def _paired(x: Sentences, y: Sentences) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the tokens of x and of y at positions that both have, which pair off, and those at positions of one alone."""
    longest = 1 + max(int(torch.bincount(one.groups).max()) for one in (x, y))
    place_x, place_y = (one.groups * longest + _positions(one.groups) for one in (x, y))
    in_x, in_y = torch.isin(place_x, place_y), torch.isin(place_y, place_x)
    rows_x, rows_y = in_x.nonzero().flatten(), in_y.nonzero().flatten()
    # Both in the order of sentence and position.
    rows_x, rows_y = rows_x[place_x[rows_x].argsort()], rows_y[place_y[rows_y].argsort()]
    return rows_x, rows_y, (~in_x).nonzero().flatten(), (~in_y).nonzero().flatten()


def _positions(groups: Tensor) -> Tensor:
    """Return how many earlier tokens of its sentence each token has."""
    order = groups.argsort(stable=True)
    sizes = torch.bincount(groups)
    starts = sizes.cumsum(0) - sizes
    positions = torch.empty_like(groups)
    positions[order] = torch.arange(len(groups), device=groups.device) - starts[groups[order]]
    return positions
