"""Hubs: sentences that are the nearest of many others, and retrieval that takes them back."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.aligned import cosines, each_pair, hits, mean_over_pairs, mean_over_sentences, paired
from langgeom.metrics.estimate import whole


@metric("retrieval_csls", input="aligned_sentences", bounds=(0, 1))
def retrieval_csls(
    points: Tensor | Cloud, reference: Tensor | Cloud, *, neighbours: int = 10, resample: Resample | None = None
) -> Estimate:
    """Retrieval of a sentence's translation among all of the reference: accuracy at 1, by CSLS.

    CSLS(x, y) = 2 cos(x, y) - r(x) - r(y), r the mean cosine with a sentence's nearest ones in the other language. A hub is
    near to everything, so its r is large and it is nobody's nearest by that alone. Ties count as in `retrieval`.

    Args:
        neighbours: k of r.
        resample: for Wilson's interval of a share; the candidates and their r stay.

    Returns:
        The accuracy, n the sentences, dropped 0. NaN for fewer than k sentences.

    Source: Conneau et al. 2018, ICLR, arXiv:1710.04087, section 2.3.
    """
    k = whole("neighbours", neighbours, 1)

    def scores(table: Tensor, own: Tensor, others: Tensor) -> Tensor:
        return 2 * table - own - others

    return _accuracy(points, reference, k, scores, resample)


@metric("retrieval_margin", input="aligned_sentences", bounds=(0, 1))
def retrieval_margin(
    points: Tensor | Cloud, reference: Tensor | Cloud, *, neighbours: int = 4, resample: Resample | None = None
) -> Estimate:
    """Retrieval of a sentence's translation among its k nearest in the reference: accuracy at 1, by the ratio margin.

    margin(x, y) = cos(x, y) / ((r(x) + r(y)) / 2), r as in `retrieval_csls`. With k = 4 one less xSIM's error rate.

    Args:
        neighbours: k, of r and of the candidates.
        resample: as for `retrieval_csls`.

    Returns:
        The accuracy, n the sentences, dropped 0. NaN for fewer than k sentences.

    Source: Artetxe & Schwenk 2019, ACL, arXiv:1811.01136, section 3.1; Heffernan et al. 2022, arXiv:2205.12654 (xSIM).
    """
    k = whole("neighbours", neighbours, 1)

    def scores(table: Tensor, own: Tensor, others: Tensor) -> Tensor:
        least = table.topk(k, 1).values[:, -1:]
        return (2 * table / (own + others)).masked_fill(table < least, -torch.inf).nan_to_num(-torch.inf)

    return _accuracy(points, reference, k, scores, resample)


@metric("hub_mass", input="aligned_sentences", bounds=(0, 1))
def hub_mass(
    points: Tensor | Cloud, reference: Tensor | Cloud, *, share: float = 0.01, resample: Resample | None = None
) -> Estimate:
    """Hub mass: the share of sentences whose nearest in the reference is one of its few most chosen ones.

    The most chosen 1 % of the reference's sentences (at least one) are its hubs. Without any hub the mass is about their
    share; where retrieval is perfect it is that exactly. Of equally near sentences the first counts.

    Args:
        share: how many of the reference's sentences are hubs, above 0 and at most 1.
        resample: for Wilson's interval of a share; the hubs stay.

    Returns:
        The share, n the sentences, dropped 0.

    Source: Radovanovic, Nanopoulos & Ivanovic 2010, JMLR 11:2487 (k-occurrence); the sum over the largest is ours.
    """

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        nearest = cosines(x, y).argmax(1)
        chosen = torch.bincount(nearest, minlength=len(nearest))
        hubs = torch.zeros_like(chosen, dtype=torch.bool)
        hubs[chosen.topk(max(1, math.ceil(share * len(chosen)))).indices] = True
        return mean_over_sentences(hubs[nearest], resample, counts, share="hits")

    return each_pair(points, reference, resample, measure)


def _accuracy(
    points: Tensor | Cloud, reference: Tensor | Cloud, k: int,
    scores: Callable[[Tensor, Tensor, Tensor], Tensor], resample: Resample | None,
) -> Estimate:  # fmt: skip
    """Measure retrieval by scores [n, n] of the cosines [n, n] and both sides' r, [n, 1] and [n]."""

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        table = cosines(x, y)
        if len(table) < k:
            return Measured.missing(len(table))
        own, others = (table.topk(k, side).values.mean(side) for side in (1, 0))
        found = paired(hits(scores(table, own[:, None], others)), x, resample)
        return mean_over_pairs(found, resample, counts, share="hits")

    return each_pair(points, reference, resample, measure)
