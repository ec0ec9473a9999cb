"""The metrics' peers that are no library of ours: how each is had, and run in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

DADAPY = """
import json, sys, time
import numpy as np
from dadapy import Data
points, times = np.load(sys.argv[1]).astype(float), []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    found = Data(points).compute_id_2NN()
    times.append(time.perf_counter() - start)
print(json.dumps([times, float(found[0])]))
"""

# Between the temporaries of its loop, as large as the points in float64, it keeps two numbers each time round. On a heap where
# these split the room that the last temporary left, each takes new room: n times the points, 18 GB for 1,861 tokens. So it runs
# in a process with a limit, on one heap after another until one does.
HEAPS = 8
MICROSCOPE = """
import importlib.util, json, random, resource, sys, time
import numpy as np, torch
torch.set_num_threads(int(sys.argv[2]))
spec = importlib.util.spec_from_file_location("functions", sys.argv[3])
functions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(functions)
points = torch.from_numpy(np.load(sys.argv[1]))
random.seed(int(sys.argv[4]))
kept = [torch.empty(random.randint(1, 1 << 16)) for _ in range(200)][::3]
# As in a program that has held something large: freed memory stays, and is not asked for anew each time round.
large = torch.empty(7 << 20)
del large
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
start = time.perf_counter()
value = functions.intrinsic_dimension(points, "cpu")
print(json.dumps([[time.perf_counter() - start], float(value)]))
"""


def microscope(folder: Path) -> Path:
    """Return the path of LLM-Microscope 0.0.7's `functions.py` (the package's own import fails)."""
    name = "llm-microscope==0.0.7"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", str(folder), name]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(next(folder.glob("llm_microscope*.whl"))) as wheel:
        return Path(wheel.extract("llm_microscope/functions.py", folder))


def module(path: Path) -> Any:
    """Return a file of Python as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def alone(python: Path | str, script: str, points: Tensor, folder: Path, *arguments: str) -> tuple[list[float], Any] | str:
    """Return a peer's times and value from a process of its own, or its last word where it failed."""
    np.save(folder / "points.npy", points.numpy())
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    command = [str(python), "-c", script, str(folder / "points.npy"), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1800)
    except subprocess.TimeoutExpired:
        return "half an hour was not enough"
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"ended by signal {-done.returncode}"])[-1][:200]
    times, value = json.loads(done.stdout.splitlines()[-1])
    return times, value


def dadapy(folder: Path) -> Path:
    """Return the Python of a new environment with DADApy."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True, timeout=120)
    python = folder / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "dadapy", "numpy<2"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return python
