"""Whether this machine shows a GPU, without asking torch, whose import costs more than planning a run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["shows_gpu"]

# Of NVIDIA's driver, of NVIDIA's on Windows's Linux, of AMD's.
DEVICES = re.compile(r"nvidia\d+|dxg|kfd")


def shows_gpu(environment: Mapping[str, str] = os.environ, devices: Path = Path("/dev")) -> bool:
    """Return whether jobs here will find a GPU: by `CUDA_VISIBLE_DEVICES` where it is set, else by the devices there are."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return named.strip() not in ("", "-1", "NoDevFiles")
    return devices.is_dir() and any(DEVICES.fullmatch(path.name) for path in devices.iterdir())
