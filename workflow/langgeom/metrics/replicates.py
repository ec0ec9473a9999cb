"""The largest eigenvalue of every bootstrap replicate's Gram matrix, all replicates in the same products.

A replicate weighs the rows of X by how often their sentences were drawn, w: its matrix is X' diag(w) X, less W m m' (W
the sum of w, m the weighted mean) where it is centred. Each starts from its Ritz vector in the span of X's own leading
singular vectors, and goes on by Lanczos until its error is below a fifth of the replicates' standard deviation. The error
is bounded as in `spectral`, or, from the third step on, taken from how fast the Ritz values still grow: where the top of
the spectrum is dense they approach their limit about like 1 / steps^2 (which the tests hold against full recomputation),
so steps / 2 times the last growth is what is missing, and is added. Real hidden layers stop at once or after a few steps,
a flat spectrum takes about six; where the two largest eigenvalues nearly tie, a replicate may stop at the second.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["largest_of_replicates"]

# Of the replicates' standard deviation: 200 replicates leave the ends of an interval as uncertain themselves.
TOLERANCE = 0.2
# Of what the growth says is missing, the share that may still be wrong after it is added.
MISSING = 0.4
# Where the spectrum is dense, the gap to the next Ritz value is wider than that to the next eigenvalue.
CAUTION = 4
MOST_STEPS = 64


def largest_of_replicates(matrix: Tensor, groups: Tensor, counts: Tensor, directions: Tensor, *, centre: bool) -> Tensor:
    """Return largest eigenvalue / trace of each replicate's Gram matrix, [replicates] float64.

    Args:
        matrix: [n, d] float32 or float64.
        groups: [n] int64 sentence of each row.
        counts: [replicates, sentences] int64, how often each sentence is drawn.
        directions: [d, r] orthonormal, leading right singular vectors of the matrix, approximately.
        centre: whether each replicate is centred at its own mean.
    """
    drawn = counts.double()

    def sums(rows: Tensor) -> Tensor:
        of_groups = torch.zeros((counts.shape[1], rows.shape[1]), dtype=rows.dtype, device=matrix.device)
        return drawn @ of_groups.index_add_(0, groups, rows).double()

    image = (matrix @ directions.to(matrix.dtype)).double()
    size = image.shape[1]
    gram = sums((image[:, :, None] * image[:, None, :]).flatten(1)).reshape(-1, size, size)
    trace = sums(torch.linalg.vector_norm(matrix, dim=1, dtype=torch.float64).square()[:, None])[:, 0]
    shift = None
    if centre:
        root = sums(torch.ones_like(image[:, :1])).sqrt()
        shift, inner = sums(matrix) / root, sums(image) / root
        gram -= inner[:, :, None] * inner[:, None, :]
        trace -= shift.square().sum(1)
        shift = shift.to(matrix.dtype)
    values, weights = torch.linalg.eigh(gram)
    second = values[:, -2] if size > 1 else torch.zeros_like(values[:, 0])
    top = weights[:, :, -1]
    vectors, images = top @ directions.T, top @ image.T
    largest = _lanczos(matrix, counts[:, groups].to(matrix.dtype), shift, vectors, images.to(matrix.dtype), second)
    shares = largest / trace
    return torch.where(shares.isfinite() & (trace > 0), shares.clamp(0, 1), torch.nan)


def _lanczos(matrix: Tensor, weights: Tensor, shift: Tensor | None, vectors: Tensor, images: Tensor, second: Tensor) -> Tensor:
    """Return the largest eigenvalues [replicates] from start vectors [replicates, d] and their products."""
    count, dim = vectors.shape
    values = torch.zeros(count, dtype=torch.float64, device=matrix.device)
    active = torch.arange(count, device=matrix.device)
    basis = vectors.to(matrix.dtype)[:, None]
    tridiagonal = torch.zeros((count, 0, 0), dtype=torch.float64, device=matrix.device)
    off = torch.zeros(count, dtype=torch.float64, device=matrix.device)
    before = torch.zeros_like(values)
    for step in range(1, min(MOST_STEPS, dim) + 1):
        known = basis[:, -1]
        new = (weights * (images if step == 1 else known @ matrix.T)) @ matrix
        if shift is not None:
            new -= shift * (shift * known).sum(1, keepdim=True)
        tridiagonal = torch.nn.functional.pad(tridiagonal, (0, 1, 0, 1))
        tridiagonal[:, -1, -1] = (new * known).sum(1, dtype=torch.float64)
        if step > 1:
            tridiagonal[:, -1, -2] = tridiagonal[:, -2, -1] = off
        for _ in range(2):
            new = torch.baddbmm(new[:, None], (basis @ new[:, :, None]).mT, basis, alpha=-1)[:, 0]
        off = torch.linalg.vector_norm(new, dim=1, dtype=torch.float64)
        ritz, inside = torch.linalg.eigh(tridiagonal)
        top = ritz[:, -1]
        residual = off * inside[:, -1, -1].abs()
        next_value = torch.maximum(second, ritz[:, -2]) if step > 1 else second
        gap = (top - next_value).clamp(min=1e-300)
        error = torch.minimum(residual, CAUTION * residual.square() / gap)
        correction = torch.zeros_like(top)
        if step > 2:
            correction = (top - before) * (step - 1) / 2
            error = torch.minimum(error, MISSING * correction)
        before = top
        # What is bounded already needs no extrapolation.
        values[active] = top + torch.minimum(correction, residual)
        left = error > TOLERANCE * values.std()
        if not left.any():
            break
        if not left.all():
            active, off, second, weights, basis = active[left], off[left], second[left], weights[left], basis[left]
            tridiagonal, shift, new = tridiagonal[left], None if shift is None else shift[left], new[left]
            before = before[left]
        new = new / off[:, None].clamp(min=1e-300).to(new.dtype)
        basis = torch.cat([basis, new[:, None]], 1)
    return values
