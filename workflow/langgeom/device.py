"""The device that tensors are computed on, and deterministic execution."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # planning a run asks `shows_gpu`, and importing torch would take longer than the plan
    import torch

# Devices of NVIDIA's driver, of NVIDIA's on Windows Subsystem for Linux, of AMD's.
DEVICES = re.compile(r"nvidia\d+|dxg|kfd")


def shows_gpu(environment: Mapping[str, str] = os.environ, devices: Path = Path("/dev")) -> bool:
    """Return whether jobs on this machine find a GPU, by CUDA_VISIBLE_DEVICES if it is set, else by its devices."""
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
