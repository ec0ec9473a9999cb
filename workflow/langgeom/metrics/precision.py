"""Full float32 precision for the products that error bounds rest on, and the largest factor a dtype can take."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["full_precision", "largest_power"]


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
    """Return a power of two near the largest number of a dtype, to scale its smallest numbers with; exactly held by it."""
    return 2.0 ** (math.frexp(torch.finfo(dtype).max)[1] - 2)
