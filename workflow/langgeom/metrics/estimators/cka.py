"""Centred kernel alignment (CKA) of a text and its translation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.aligned import each_pair
from langgeom.metrics.numerics import for_numpy

# HSIC of a cloud with itself below this share of its kernel's mean square is rounding.
ROUNDING = 1e-12


class Hsic(NamedTuple):
    """The estimate from all n sentences [...], and from all but each of them, [n, ...]."""

    whole: Tensor
    without: Tensor


@metric("cka", input="aligned_sentences", bounds=(-1, 1))
def cka(points: Tensor | Cloud, reference: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Linear CKA, debiased: HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)), K = X X' and L = Y Y' with diagonals set to 0.

    HSIC is the unbiased estimate [tr(K L) + 1'K1 1'L1 / ((n - 1)(n - 2)) - 2 1'K L 1 / (n - 2)] / (n (n - 3)). 1 for clouds
    equal up to rotation, shift and one scale; about 0, possibly below, for unrelated ones, where the plain (biased) CKA
    approaches 1 as d / n grows. A few directions of large variance (massive activations) can decide it.

    Args:
        resample: bootstrap over sentences, of the first order: each HSIC moves by 4/n sum_i (w_i - 1) (h_i - HSIC), with
            w_i sentence i's multiplicity and h_i the mean of the terms it takes part in. (Copies of a sentence in a plain
            replicate would count as aligned pairs.)

    Returns:
        The alignment, n the sentences, dropped 0. NaN for fewer than 5 sentences, or where either cloud has no variance (or
        so little that its unbiased HSIC is not positive).

    Source: Kornblith et al. 2019, ICML, arXiv:1905.00414; unbiased HSIC: Song et al. 2012, JMLR 13, eq. 5; in CKA: Nguyen
    et al. 2021, arXiv:2010.15327, eq. 3; why debias: Murphy et al. 2024, arXiv:2405.01012.
    """

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        n = len(x.points)
        if n < 5:
            return Measured.missing(n)
        k, own = _kernel(x)
        other, theirs = _kernel(y)
        both = _hsic(k, other)
        value = float(ratio(both.whole, own.whole, theirs.whole))
        draws = None
        if counts is not None and value == value:
            draws = ratio(*(replicates(part, counts) for part in (both, own, theirs)))
        by_chance = None
        if resample is not None and value == value:
            by_chance = ratio(_by_chance(k, other, x.sentences.pairings(resample)[1:]), own.whole, theirs.whole)
        return Measured(value, draws, n, 0, permuted=by_chance)

    return each_pair(points, reference, resample, measure, signed=True)


def _kernel(layer: Layer) -> tuple[Tensor, Hsic]:
    """Return the kernel [n, n] without its diagonal, scaled to a mean diagonal of 1, and its HSIC with itself."""

    def compute() -> tuple[Tensor, Hsic]:
        centred = layer.points.double() - layer.mean
        size = centred.square().sum(1).mean().sqrt()
        centred = centred / size if float(size) > 1e-13 * float(layer.mean.norm()) else torch.zeros_like(centred)
        kernel = (centred @ centred.T).fill_diagonal_(0)
        return kernel, _hsic(kernel, kernel)

    return layer.once("kernel", compute)


def _hsic(k: Tensor, other: Tensor) -> Hsic:
    """Return the unbiased HSIC of two kernels with empty diagonals, and without each sentence, in O(n^2)."""
    n = len(k)
    rows, others, products = k.sum(1), other.sum(1), (k * other).sum(1)
    trace, sum_k, sum_l, cross = products.sum(), rows.sum(), others.sum(), rows @ others
    whole = formula(trace, sum_k, sum_l, cross, n)
    cross_without = cross - rows * others - other @ rows - k @ others + products
    without = formula(trace - 2 * products, sum_k - 2 * rows, sum_l - 2 * others, cross_without, n - 1)
    return Hsic(whole, without)


def _by_chance(k: Tensor, other: Tensor, pairings: Tensor) -> Tensor:
    """Return the unbiased HSIC of two kernels where sentences are paired at random, [pairings]: rows and columns move."""
    rows, others = k.sum(1), other.sum(1)
    traces = torch.stack([torch.dot(k.flatten(), _moved(other, one).flatten()) for one in pairings])
    return formula(traces, rows.sum(), others.sum(), others[pairings] @ rows, len(k))


def _moved(table: Tensor, order: Tensor) -> Tensor:
    """Return the table [n, n] with its rows and columns in another order."""
    if not for_numpy(table):
        return table[order][:, order]
    # In a fifth of torch's time.
    places = order.numpy()
    return torch.from_numpy(table.numpy()[places].take(places, 1))


def formula(trace: Tensor, sum_k: Tensor, sum_l: Tensor, cross: Tensor, n: int) -> Tensor:
    """Return the unbiased HSIC from tr(K L), 1'K1, 1'L1 and 1'K L 1, of as many pairs of kernels as there are of each."""
    return (trace + sum_k * sum_l / ((n - 1) * (n - 2)) - 2 / (n - 2) * cross) / (n * (n - 3))


def replicates(hsic: Hsic, counts: Tensor) -> Tensor:
    """Return the first-order replicates: n U = (n - 4) U without i + 4 h_i for a U-statistic of four sentences."""
    n = counts.shape[1]
    terms = (n * hsic.whole - (n - 4) * hsic.without) / 4
    return hsic.whole + 4 / n * ((counts - 1).double() @ (terms - hsic.whole))


def ratio(both: Tensor, own: Tensor, theirs: Tensor) -> Tensor:
    """Return CKA from three HSIC, NaN where either cloud has no variance."""
    return torch.where((own > ROUNDING) & (theirs > ROUNDING), both / (own * theirs).clamp(min=1e-300).sqrt(), torch.nan)
