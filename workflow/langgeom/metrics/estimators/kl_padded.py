"""KL divergence between aligned sentences, token by token, the shorter one padded with zeros."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from langgeom.metrics.aligned import reference_cloud
from langgeom.metrics.cloud import Cloud
from langgeom.metrics.divergence import average, check_direction, divergence, log_softmax
from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample

__all__ = ["kl_padded"]


@metric("kl_padded", input="aligned_tokens")
@metric(
    "kl_padded_reverse",
    input="aligned_tokens",
    bounds=(0, None),
    direction="from_reference",
    about="KL divergence from the reference, sentences padded with zeros",
)
def kl_padded(
    points: Cloud,
    reference: Cloud,
    *,
    direction: Literal["to_reference", "from_reference"] = "to_reference",
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
    check_direction(direction)
    x, y = Cloud.of(points), reference_cloud(reference)
    if (x.layers, x.dim, x.group_count) != (y.layers, y.dim, y.group_count):
        raise MetricError(
            f"points have {x.layers} layers, {x.dim} dimensions, {x.group_count} sentences, the reference {y.layers}, "
            f"{y.dim}, {y.group_count}; they must agree"
        )
    if direction == "from_reference":
        x, y = y, x
    longest = 1 + max(int(torch.bincount(cloud.groups).max()) for cloud in (x, y))
    place_x, place_y = (cloud.groups * longest + _positions(cloud.groups) for cloud in (x, y))
    in_both = torch.isin(place_x, place_y)
    rows_x, rows_y = in_both.nonzero().flatten(), torch.isin(place_y, place_x).nonzero().flatten()
    # Both in the order of sentence and position, so that they pair off.
    rows_x, rows_y = rows_x[place_x[rows_x].argsort()], rows_y[place_y[rows_y].argsort()]
    beyond = ~torch.isin(place_y, place_x)
    uniform = math.log(x.dim)
    per_sentence = []
    for index in range(x.layers):
        p, q = log_softmax(x.layer(index)), log_softmax(y.layer(index))
        # Against a uniform Q, KL is sum p ln p + ln d; from a uniform P, -ln d - mean ln q.
        terms = (p.exp() * p).sum(1) + uniform
        terms[rows_x] = divergence(p[rows_x], q[rows_y])
        total = torch.zeros(x.group_count, dtype=torch.float64, device=terms.device).index_add_(0, x.groups, terms)
        total.index_add_(0, y.groups[beyond], -uniform - q[beyond].mean(1))
        per_sentence.append(total)
    return average(torch.stack(per_sentence), resample, scalar=x.scalar)


def _positions(groups: Tensor) -> Tensor:
    """Return how many earlier tokens of its sentence each token has."""
    order = groups.argsort(stable=True)
    sizes = torch.bincount(groups)
    starts = sizes.cumsum(0) - sizes
    positions = torch.empty_like(groups)
    positions[order] = torch.arange(len(groups), device=groups.device) - starts[groups[order]]
    return positions
