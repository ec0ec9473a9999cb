"""The largest singular value of a matrix by Lanczos iteration, stopped on an error bound.

Lanczos on the smaller of X X' and X' X (Golub & Van Loan, Matrix Computations, 4th ed., section 10.1), every new vector
orthogonalised twice against all before it. A Ritz value t with residual norm r is within r of an eigenvalue, and within
r^2 / gap where the others are gap away (Parlett, The Symmetric Eigenvalue Problem, theorems 4.5.1 and 11.7.1). The gap
is taken to the next Ritz value, and the start vector is random, so that it misses the largest eigenvalue with
probability 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from langgeom.metrics.neighbours import row_norms
from langgeom.metrics.precision import full_precision

__all__ = ["Leading", "leading", "total_square"]

# Below this many rows or columns one product for the Gram matrix costs less than the iteration's passes over the
# matrix.
GRAM = 256


class Leading(NamedTuple):
    """Largest squared singular value, leading right singular vectors [d, r] float64 (orthonormal), and steps taken."""

    square: float
    vectors: Tensor
    steps: int


@torch.no_grad()
def leading(matrix: Tensor, *, vectors: int = 1, tolerance: float = 1e-6, seed: int = 0) -> Leading:
    """Return the largest squared singular value of a matrix [n, d] and approximate leading right singular vectors.

    Products are taken in the matrix's dtype and summed in float64.

    Args:
        matrix: float32 or float64, finite and not all zero.
        vectors: right singular vectors wanted; fewer come back when the iteration ended sooner.
        tolerance: bound on the value's relative error.
        seed: of the start vector.
    """
    n, dim = matrix.shape
    side, left = min(n, dim), n < dim
    with full_precision():
        gram = (matrix @ matrix.T if left else matrix.T @ matrix).double() if side <= GRAM else None

        def apply(vector: Tensor) -> Tensor:
            if gram is not None:
                return gram @ vector
            vector = vector.to(matrix.dtype)
            return (matrix @ (vector @ matrix) if left else (matrix @ vector) @ matrix).double()

        ritz, steps = _lanczos(apply, side, max(1, vectors), tolerance, seed, matrix.device)
        right = (ritz.T.to(matrix.dtype) @ matrix).double().T if left else ritz
        right = torch.linalg.qr(right).Q if left else right
        # Each product is off by its own rounding; over the rows these cancel.
        square = float((matrix @ right[:, 0].to(matrix.dtype)).double().square().sum())
    return Leading(square, right, steps)


def _lanczos(
    apply: Callable[[Tensor], Tensor], side: int, vectors: int, tolerance: float, seed: int, device: torch.device
) -> tuple[Tensor, int]:
    """Return the leading Ritz vectors [side, <= vectors], the first within the tolerance, and the number of steps."""
    start = torch.randn(side, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(device)
    basis = torch.empty((min(side, 32), side), dtype=torch.float64, device=device)
    vector = start / start.norm()
    diagonal, off = [], []
    for step in range(1, side + 1):
        if step > len(basis):
            basis = torch.cat([basis, torch.empty((min(len(basis), side - len(basis)), side)).to(basis)])
        basis[step - 1] = vector
        known = basis[:step]
        image = apply(vector)
        diagonal.append(float(vector @ image))
        for _ in range(2):
            image = image - (known @ image) @ known
        off.append(float(image.norm()))
        scale = max(diagonal)
        ended = step == side or off[-1] <= 1e-13 * scale
        if ended or (step >= 4 and step % 2 == 0):
            inner = torch.tensor(off[:-1], dtype=torch.float64)
            tridiagonal = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
            tridiagonal += torch.diag(inner, 1) + torch.diag(inner, -1)
            values, weights = torch.linalg.eigh(tridiagonal)
            residual = off[-1] * abs(float(weights[-1, -1]))
            gap = float(values[-1] - values[-2]) if step > 1 else 0.0
            error = min(residual, residual**2 / gap) if gap > 0 else residual
            if ended or error < tolerance * float(values[-1]):
                chosen = weights[:, -vectors:].flip(1).to(device)
                return (chosen.T @ known).T, step
        vector = image / off[-1]
    raise AssertionError("the last step ends the iteration")


def total_square(matrix: Tensor) -> float:
    """Return the squared Frobenius norm, summed in float64: beside a massive dimension float32 loses the small ones."""
    return float(row_norms(matrix).square().sum())
