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

from langgeom.metrics.cloud import EQUAL, Cloud, Layer
from langgeom.metrics.precision import largest_power
from langgeom.metrics.spectral import total_square

__all__ = ["participation", "participation_of_replicates"]

# A share of the mean squared length; a variance below it is rounding.
ROUNDING = 1e-13
BLOCK = 1024


def participation(layer: Layer) -> float:
    """Return (tr C)^2 / tr C^2 of the covariance C; NaN where all points are equal."""
    matrix = layer.centred
    total = total_square(matrix)
    if total <= EQUAL**2 * len(matrix) * layer.offset or total == 0:
        return torch.nan
    # A power of two, so that squares of squares neither overflow nor vanish; one that the dtype holds.
    scale = min(2.0 ** -round(math.log2(total) / 2), largest_power(matrix.dtype))
    gram = layer.once("gram", lambda: _gram(matrix * scale))
    # Rounding takes a line of points below 1.
    return float(((total * scale**2) ** 2 / gram.double().square().sum()).clamp(min=1))


def _gram(matrix: Tensor) -> Tensor:
    return matrix @ matrix.T if len(matrix) < matrix.shape[1] else matrix.T @ matrix


def participation_of_replicates(layer: Layer, cloud: Cloud, counts: Tensor) -> Tensor:
    """Return the same of every replicate, [replicates] float64, each centred at its own mean; NaN where all are equal."""
    return layer.once(("participation", counts), lambda: _of_replicates(layer.centred, cloud, counts))


def _of_replicates(matrix: Tensor, cloud: Cloud, counts: Tensor) -> Tensor:
    matrix = matrix / torch.linalg.vector_norm(matrix, dim=1, dtype=torch.float64).mean().to(matrix.dtype)
    squares = torch.linalg.vector_norm(matrix, dim=1, dtype=torch.float64).square()

    def by_sentence(rows: Tensor) -> Tensor:
        shape = (cloud.group_count, *rows.shape[1:])
        return torch.zeros(shape, dtype=torch.float64, device=rows.device).index_add_(0, cloud.groups, rows.double())

    drawn = counts.double()
    pairs = _pairs(matrix, cloud)
    number = drawn @ by_sentence(torch.ones_like(squares))
    means = (drawn @ by_sentence(matrix)) / number[:, None]
    along = by_sentence((matrix @ means.T.to(matrix.dtype)).double().square())
    length = means.square().sum(1)
    trace = drawn @ by_sentence(squares) - number * length
    second = ((drawn @ pairs) * drawn).sum(1) - 2 * number * (drawn * along.T).sum(1) + (number * length).square()
    found = trace.square() / second
    return torch.where(found.isfinite() & (trace > ROUNDING * number) & (second > 0), found.clamp(min=1), torch.nan)


def _pairs(matrix: Tensor, cloud: Cloud) -> Tensor:
    """Return the sum of (x_i.x_j)^2 over the points i and j of every two sentences, [sentences, sentences] float64."""
    n, size = len(matrix), cloud.group_count
    found = torch.zeros((size, size), dtype=torch.float64, device=matrix.device)
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        for first in range(start, n, BLOCK):
            columns = slice(first, first + BLOCK)
            squares = (matrix[rows] @ matrix[columns].T).square_()
            part = torch.zeros((size, squares.shape[1]), dtype=squares.dtype, device=matrix.device)
            part.index_add_(0, cloud.groups[rows], squares)
            block = torch.zeros((size, size), dtype=torch.float64, device=matrix.device)
            block.index_add_(0, cloud.groups[columns], part.T.double())
            found += block.T + (block if first > start else 0)
    return found
