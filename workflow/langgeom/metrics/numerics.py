"""Sums, norms and products that keep their precision, which several metrics share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

# Elements of a temporary in a direct computation (32 MiB of float64).
PIECE = 1 << 22
# Elements that stay in a core's cache (256 KiB of float64): sums over rows in such pieces take half to a fifth of the time.
CACHED = 1 << 15
# A share of the mean's length; float64 points nearer to their mean than this are equal but for rounding.
ROUNDING = 1e-13


@contextmanager
def full_precision() -> Iterator[None]:
    """Multiply float32 matrices in float32 (neither TF32 nor bfloat16, nor autocast) inside the block, then restore."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)


def largest_power(dtype: torch.dtype) -> float:
    """Return the largest power of two that is a safe, exact scale factor in this dtype."""
    return 2.0 ** (math.frexp(torch.finfo(dtype).max)[1] - 2)


def rows_cached(points: Tensor) -> int:
    """Return how many rows of points to work on at a time: what a core's cache holds, more on a GPU."""
    return max(8, (PIECE if points.is_cuda else CACHED) // points.shape[1])


def row_norms(points: Tensor) -> Tensor:
    """Return the length of each row, [n] float64, summed in float64."""
    norms = torch.empty(len(points), dtype=torch.float64, device=points.device)
    step = rows_cached(points)
    # In pieces, as torch would convert the whole at once; in place, as small results between them would keep their memory.
    for part, some in zip(points.split(step), norms.split(step), strict=True):
        torch.linalg.vector_norm(part, dim=1, dtype=torch.float64, out=some)
    return norms


def total_square(norms: Tensor) -> float:
    """Return the squared Frobenius norm from the rows' norms: summed in float32, a massive dimension would hide small ones."""
    return float(norms.square().sum())


def for_numpy(values: Tensor) -> bool:
    """Return whether numpy can work on these values where it is faster than torch: they are on the CPU, and plain tensors."""
    return type(values) is Tensor and values.device.type == "cpu"


def sorted_rows(values: Tensor) -> Tensor:
    """Return [rows, n] with each row in ascending order, NaN last."""
    if not for_numpy(values):
        return values.sort(dim=1).values
    # In a fifth of torch's time.
    return torch.from_numpy(np.sort(values.numpy(), axis=1))
