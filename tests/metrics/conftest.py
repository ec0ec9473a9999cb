"""Clouds that tests share, and LLM-Microscope's own functions."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from unavailable import unavailable


@pytest.fixture
def hidden() -> Callable[..., Tensor]:
    """Make points like hidden states: a decaying spectrum, a large mean, one massive dimension, repeated rows."""

    def make(n: int = 300, dim: int = 64, repeated: float = 0.0, seed: int = 0) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        spectrum = torch.arange(1, dim + 1.0) ** -0.7
        points = torch.randn(n, dim, generator=generator) * spectrum + torch.randn(dim, generator=generator)
        points[:, 3] += 30
        copies = int(n * repeated)
        if copies:
            rows = torch.randperm(n, generator=generator)[:copies]
            points[rows] = points[torch.randint(n, (copies,), generator=generator)]
        return points

    return make


@pytest.fixture(scope="session")
def microscope(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Fetch the llm-microscope 0.0.7 wheel and load its `functions.py` alone (the package's own import fails)."""
    pytest.importorskip("matplotlib", reason="LLM-Microscope's functions import matplotlib")
    folder = tmp_path_factory.mktemp("microscope")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--quiet",
        "-d",
        str(folder),
        "llm-microscope==0.0.7",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        unavailable("the llm-microscope 0.0.7 wheel could not be fetched in 60 s")
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        unavailable(f"the llm-microscope 0.0.7 wheel could not be fetched: {done.stderr.strip()[-300:]}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        path = wheel.extract("llm_microscope/functions.py", folder)
    spec = importlib.util.spec_from_file_location("microscope_functions", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
