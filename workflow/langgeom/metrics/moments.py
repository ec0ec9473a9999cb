"""Participation ratio of a cloud's variances and of all its bootstrap replicates, without any eigenvalue.

With A = sum_i w_i x_i x_i' (w how often each row counts, W their sum, m their weighted mean), the scatter matrix about the
mean is C = A - W m m', tr C = sum w_i |x_i|^2 - W |m|^2 and tr C^2 = tr A^2 - 2 W m'A m + W^2 |m|^4. The sum
tr A^2 = sum_ij w_i w_j (x_i.x_j)^2 is a quadratic form in how often each sentence is drawn, so one matrix [sentences,
sentences] serves every replicate.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from langgeom.metrics.layer import EQUAL, Layer, Sentences
from langgeom.metrics.numerics import ROUNDING, largest_power, total_square

BLOCK = 1024


def participation(layer: Layer) -> float:
    """Return (tr C)^2 / tr C^2 of the covariance C; NaN where all points are equal."""
    matrix, total = layer.centred, total_square(layer.norms)
    if total <= EQUAL**2 * len(matrix) * layer.offset or total == 0:
        return torch.nan
    # A power of two, so that squares of squares neither overflow nor vanish; one that the dtype holds.
    scale = min(2.0 ** -round(math.log2(total) / 2), largest_power(matrix.dtype))
    square = layer.once("square of gram", lambda: _gram(matrix * scale).double().square().sum())
    # Rounding takes a line of points below 1.
    return float(((total * scale**2) ** 2 / square).clamp(min=1))


def _gram(matrix: Tensor) -> Tensor:
    return matrix @ matrix.T if len(matrix) < matrix.shape[1] else matrix.T @ matrix


def participation_of_replicates(layer: Layer, counts: Tensor) -> Tensor:
    """Return the same of every replicate, [replicates] float64, each centred at its own mean; NaN where all are equal."""
    return layer.once(("participation", counts), lambda: _of_replicates(layer.centred, layer.sentences, counts))


def _of_replicates(matrix: Tensor, sentences: Sentences, counts: Tensor) -> Tensor:
    matrix = matrix / torch.linalg.vector_norm(matrix, dim=1, dtype=torch.float64).mean().to(matrix.dtype)
    squares = torch.linalg.vector_norm(matrix, dim=1, dtype=torch.float64).square()
    drawn = counts.double()
    pairs = _pairs(matrix, sentences)
    number = drawn @ sentences.sums(torch.ones_like(squares))
    means = (drawn @ sentences.sums(matrix.double())) / number[:, None]
    along = sentences.sums((matrix @ means.T.to(matrix.dtype)).double().square())
    length = means.square().sum(1)
    trace = drawn @ sentences.sums(squares) - number * length
    second = ((drawn @ pairs) * drawn).sum(1) - 2 * number * (drawn * along.T).sum(1) + (number * length).square()
    ratio = trace.square() / second
    return torch.where(ratio.isfinite() & (trace > ROUNDING * number) & (second > 0), ratio.clamp(min=1), torch.nan)


def _pairs(matrix: Tensor, sentences: Sentences) -> Tensor:
    """Return the sum of (x_i.x_j)^2 over the points i and j of every two sentences, [sentences, sentences] float64."""
    n, size, groups = len(matrix), sentences.count, sentences.groups
    pairs = torch.zeros((size, size), dtype=torch.float64, device=matrix.device)
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        for first in range(start, n, BLOCK):
            columns = slice(first, first + BLOCK)
            squares = (matrix[rows] @ matrix[columns].T).square_()
            part = torch.zeros((size, squares.shape[1]), dtype=squares.dtype, device=matrix.device)
            part.index_add_(0, groups[rows], squares)
            block = torch.zeros((size, size), dtype=torch.float64, device=matrix.device)
            block.index_add_(0, groups[columns], part.T.double())
            pairs += block.T + (block if first > start else 0)
    return pairs
