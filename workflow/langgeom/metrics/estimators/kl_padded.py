"""KL divergence between aligned sentences, token by token: where both have one, and where only one has."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, MetricError, Resample, Sentences, metric
from langgeom.metrics.aligned import (
    Direction,
    divergence,
    divergence_from_uniform,
    divergence_to_uniform,
    each_pair_of_sentences,
    in_direction,
    mean_over_sentences,
)


class _Terms(NamedTuple):
    """Of each sentence: the sum over positions that both have, their number, and the sum over those that only one has."""

    common: Tensor
    positions: Tensor
    beyond: Tensor


@metric(
    "kl_padded",
    input="aligned_tokens",
    reverse="KL divergence from the reference, sentences padded with zeros",
)
@metric(
    "kl_positions",
    input="aligned_tokens",
    part="common",
    about="KL divergence to the reference, token by token, mean over the positions that both sentences have",
)
@metric(
    "kl_length",
    input="aligned_tokens",
    bounds=(0, None),
    part="beyond",
    about="KL divergence to the reference of the positions that only one sentence has, padded with zeros",
)
def kl_padded(
    points: Cloud,
    reference: Cloud,
    *,
    part: Literal["all", "common", "beyond"] = "all",
    direction: Direction = "to_reference",
    resample: Resample | None = None,
) -> Estimate:
    """KL divergence to the reference, sentences padded with zeros and not averaged, in nats per sentence.

    The mean over sentences of the sum over positions of KL(softmax(x_sp) || softmax(y_sp)), where a position beyond a
    sentence's end holds a zero vector, whose softmax is uniform. This is the study's mean over sentences and positions
    times the padded length; positions where both are padded add nothing, so the value does not depend on that length.
    It mostly measures the difference in the number of tokens. So there are its two sides: `common`, the mean over the positions
    that both have (nats a position; each sentence counts once), and `beyond`, what the other positions add to the sum.

    Args:
        part: all positions, or one side of them.
        resample: bootstrap-t over sentences.

    Returns:
        Nats per sentence (`common`: per position), n the sentences, dropped 0.

    Source: the study, figure 8.
    """
    in_direction(direction, 0, 1)
    if part not in ("all", "common", "beyond"):
        raise MetricError(f"part is '{part}'; allowed: all, common, beyond")

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        terms = x.once(("positions", y, direction), lambda: _terms(*in_direction(direction, x, y)))
        values = {"all": terms.common + terms.beyond, "common": terms.common / terms.positions, "beyond": terms.beyond}[part]
        return mean_over_sentences(values, resample, counts)

    return each_pair_of_sentences(points, reference, resample, measure)


def _terms(x: Layer, y: Layer) -> _Terms:
    rows_x, rows_y, beyond_x, beyond_y = _paired(x.sentences, y.sentences)
    number = x.sentences.count

    def sums(groups: Tensor, values: Tensor) -> Tensor:
        return torch.zeros(number, dtype=torch.float64, device=x.device).index_add_(0, groups, values)

    own = x.sentences.groups
    common = sums(own[rows_x], divergence(x.points[rows_x], y.points[rows_y]))
    beyond = sums(own[beyond_x], divergence_to_uniform(x.points[beyond_x]))
    beyond += sums(y.sentences.groups[beyond_y], divergence_from_uniform(y.points[beyond_y]))
    return _Terms(common, sums(own[rows_x], torch.ones(len(rows_x), dtype=torch.float64, device=x.device)), beyond)


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
