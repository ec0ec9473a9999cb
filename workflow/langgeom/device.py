"""Device selection, the number format of the forward pass, and deterministic execution."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from langgeom.errors import UserError, nearest

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def pick_device(name: str | torch.device = "auto") -> torch.device:
    """Return a torch device by name; "auto" is the first GPU that CUDA shows, else the CPU.

    Which GPUs are shown is the machine's matter, not the study's: `CUDA_VISIBLE_DEVICES= make` leaves them all out.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def pick_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the dtype of a setting; "auto" is bfloat16 where the device is fast in it, else float32.

    Raises:
        UserError: the name is not auto, float32, bfloat16 or float16.
    """
    if name == "auto":
        return torch.bfloat16 if _fast_in_bfloat16(device) else torch.float32
    if name not in DTYPES:
        raise UserError(f"hidden.dtype is '{name}'; allowed: auto, {', '.join(DTYPES)}.{nearest(name, DTYPES)}")
    return DTYPES[name]


def _fast_in_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Even without AMX: 2.2 times the tokens per second of float32 with gemma-3-270m on two cores of a Zen 4 with
    # avx512_bf16.
    probes = [getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")]
    return device.type == "cpu" and any(probe() for probe in probes if probe is not None)


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
