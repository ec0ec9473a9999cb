"""The shape of a sentence's tokens: matrix entropy, and the curvature of the way from token to token."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.aligned import each_pair_of_sentences, mean_over_sentences
from langgeom.metrics.estimate import whole
from langgeom.metrics.resample import FEWEST


@metric("matrix_entropy", input="cloud", bounds=(0, 1))
def matrix_entropy(points: Tensor | Cloud, *, length: int = 16, resample: Resample | None = None) -> Estimate:
    """Matrix entropy of a sentence's tokens over its largest value: how evenly they spread over directions.

    Of each sentence `length` tokens count, spread evenly over it, since more tokens have more entropy. With Z [length, d] the
    tokens divided by their lengths and K = Z Z' / length, it is -tr(K ln K) / ln(length), the mean over sentences: 0 where all
    tokens have one direction, 1 where every two are orthogonal. Not centred.

    Args:
        length: tokens of a sentence, at least 2.
        resample: bootstrap-t over the sentences that count.

    Returns:
        The share (no unit), n the tokens that count, dropped all others. NaN without a sentence of `length` tokens.

    Source: Giraldo, Rao & Principe 2015, IEEE Trans. Inf. Theory 61, definition 1 (order 1); Skean et al. 2025, ICML,
    arXiv:2502.02013, section 3 (their code sets negative cosines to 0, too).
    """
    length = whole("length", length, 2)

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        rows, sizes, starts = in_order(layer)
        kept = (sizes >= length).nonzero().flatten()
        spread = (2 * torch.arange(length, device=rows.device) + 1) * sizes[kept, None] // (2 * length)
        units = torch.nn.functional.normalize(layer.points[rows[starts[kept, None] + spread]].double(), dim=2, eps=1e-300)
        shares = torch.linalg.eigvalsh(units @ units.mT / length).clamp(min=0)
        found = _mean(torch.special.entr(shares).sum(1) / math.log(length), kept, resample, counts)
        return replace(found, n=length * len(kept), dropped=len(rows) - length * len(kept))

    return Cloud.of(points).each(resample, measure)


@metric("curvature", input="aligned_tokens", bounds=(0, 180))
def curvature(points: Cloud, reference: Cloud, *, resample: Resample | None = None) -> Estimate:
    """Curvature of sentences: the mean angle between a step from token to token and the next, in degrees.

    With v_t = x_(t+1) - x_t the angle is arccos(v_t.v_(t+1) / |v_t| |v_(t+1)|), averaged over the sentence and then over
    sentences: 0 on a straight line, 90 on a random walk, 120 where tokens have nothing to do with their neighbours. It is of
    `points` alone; the reference says which sentences count, so that they are the same in all texts.

    Args:
        resample: bootstrap-t over the sentences that count.

    Returns:
        Degrees, n the sentences, dropped those without an angle (under 3 tokens, or no two steps in a row). NaN without any.

    Source: Hosseini & Fedorenko 2023, NeurIPS, arXiv:2311.04930, eq. 1 and 2.
    """

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        rows, sizes, _ = in_order(x)
        owner = torch.arange(len(sizes), device=rows.device).repeat_interleave(sizes)
        steps = x.points[rows].double().diff(dim=0)
        steps = torch.nn.functional.normalize(steps, dim=1, eps=1e-300)
        within = (owner[1:] == owner[:-1]) & steps.any(1)
        turns = (within[1:] & within[:-1]).nonzero().flatten()
        angles = (steps[turns] * steps[turns + 1]).sum(1).clamp(-1, 1).acos().rad2deg()
        sums, number = (torch.zeros(len(sizes)).to(angles).index_add_(0, owner[turns], one) for one in (angles, angles * 0 + 1))
        kept = number.nonzero().flatten()
        return replace(_mean(sums[kept] / number[kept], kept, resample, counts), dropped=len(sizes) - len(kept))

    return each_pair_of_sentences(points, reference, resample, measure)


def in_order(layer: Layer) -> tuple[Tensor, Tensor, Tensor]:
    """Return the points by sentence, in their order, [n]; and how many each sentence has, and where it starts, [sentences]."""
    sizes = torch.bincount(layer.sentences.groups, minlength=layer.sentences.count)
    return layer.sentences.groups.argsort(stable=True), sizes, sizes.cumsum(0) - sizes


def _mean(values: Tensor, kept: Tensor, resample: Resample | None, counts: Tensor | None) -> Measured:
    """Return the mean of one value of each of some sentences, by their numbers."""
    if not len(kept):
        return Measured.missing(0)
    of = None if resample is None else resample.of(kept.tolist())
    enough = of is not None and of.units(len(kept)) >= FEWEST
    return mean_over_sentences(values, of, counts if enough else None)
