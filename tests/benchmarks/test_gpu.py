"""The benchmark for a GPU runs, tiny, on any machine, with torch and transformers alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent / "bench_gpu.py"
# What this project has and a machine lent for an hour may lack.
ABSENT = ("snakemake", "pandas", "pyarrow", "scipy", "sklearn", "skdim", "fontTools", "jsonschema", "morfessor", "seaborn")


def test_the_trial_runs_whole(tmp_path: Path) -> None:
    run = f"import runpy, sys; sys.modules.update(dict.fromkeys({ABSENT!r})); sys.argv = sys.argv[1:]"
    command = [sys.executable, "-c", f"{run}; runpy.run_path(sys.argv[0], run_name='__main__')", str(BENCH)]
    done = subprocess.run([*command, str(tmp_path / "gpu.md"), "--trial"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    page = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    found = {row[0]: row[1] for row in rows[1:]}
    assert "stopped" not in page and "OTHER BYTES" not in page and "trial" in page
    assert len(found) == 12
    error = next(value for what, value in found.items() if "largest relative error" in what)
    assert float(error.split()[0]) < 1e-6
    assert found["metrics that gave other bytes the second time"].startswith("none")


def test_without_a_gpu_it_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCH), str(tmp_path / "gpu.md")]
    done = subprocess.run(command, capture_output=True, text=True, env={"CUDA_VISIBLE_DEVICES": "", "PATH": ""})
    assert done.returncode != 0 and "--trial" in done.stderr and "Traceback" not in done.stderr
