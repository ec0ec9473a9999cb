"""The device that tensors are computed on, the number format of the forward pass, and deterministic execution."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # planning a run asks `shows_gpu`, and importing torch would take longer than the plan
    import torch

from langgeom.errors import UserError, nearest

DTYPES = ("float32", "bfloat16", "float16")
# Devices of NVIDIA's driver, of NVIDIA's on Windows Subsystem for Linux, of AMD's.
DEVICES = re.compile(r"nvidia\d+|dxg|kfd")


def shows_gpu(environment: Mapping[str, str] = os.environ, devices: Path = Path("/dev")) -> bool:
    """Return True if jobs on this machine will find a GPU, by CUDA_VISIBLE_DEVICES if it is set, else by its devices."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return named.strip() not in ("", "-1", "NoDevFiles")
    return devices.is_dir() and any(DEVICES.fullmatch(path.name) for path in devices.iterdir())


def pick_device(name: str | torch.device = "auto") -> torch.device:
    """Return a torch device by name; "auto" is the first GPU that CUDA shows, else the CPU.

    Which GPUs are used is set by the machine, not by the config: `CUDA_VISIBLE_DEVICES= make` uses none.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def pick_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the dtype of a setting; "auto" is bfloat16 where the device is fast in it, else float32."""
    import torch

    if name == "auto":
        return torch.bfloat16 if _fast_in_bfloat16(device) else torch.float32
    if name not in DTYPES:
        raise UserError(f"hidden.dtype is '{name}'; allowed: auto, {', '.join(DTYPES)}.{nearest(name, DTYPES)}")
    return getattr(torch, name)


def _fast_in_bfloat16(device: torch.device) -> bool:
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Even without AMX: 2.2 times the tokens per second of float32 with gemma-3-270m on two cores of a Zen 4 with
    # avx512_bf16.
    probes = [getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")]
    return device.type == "cpu" and any(probe() for probe in probes if probe is not None)


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """Make a GPU sum in the same order each time inside the block; a CPU always does.

    Where torch has no deterministic algorithm it warns in the log and goes on. cuBLAS reads its setting when it first runs.
    """
    if device.type != "cuda":
        yield
        return
    import torch

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
