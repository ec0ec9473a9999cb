"""Where tensors are computed on, and the same bytes each time there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["pick_device", "reproducible"]


def pick_device(name: str | torch.device = "auto") -> torch.device:
    """Return a torch device by name; "auto" is the first GPU that CUDA shows, else the CPU.

    Which GPUs are shown is the machine's matter, not the study's: `CUDA_VISIBLE_DEVICES= make` leaves them all out.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """Let a GPU sum in the same order each time inside the block; a CPU does so by itself.

    Where torch has no such algorithm it warns in the log and goes on. cuBLAS reads its setting when it first runs.
    """
    if device.type != "cuda":
        yield
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    module: Any = torch.utils.deterministic
    before, fill = torch.are_deterministic_algorithms_enabled(), module.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True, warn_only=True)
    module.fill_uninitialized_memory = False  # it would cost as much as writing all memory twice
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        module.fill_uninitialized_memory = fill
