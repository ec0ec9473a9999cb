"""On a machine that shows a GPU, jobs that fill it take turns; without one they share the cores."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from langgeom.device import shows_gpu
from study import ROOT, Study

# Jobs as those of hidden states, and others, that are done at once.
STUB = f"""
include: "{ROOT}/workflow/rules/common.smk"

rule all:
    input: expand("gpu{{number}}", number=range(4)), expand("cpu{{number}}", number=range(4))

rule on_gpu:
    output: "gpu{{number}}"
    threads: 8
    resources: gpu_turn=GPU_TURN
    shell: "touch {{output}}"

rule on_cpu:
    output: "cpu{{number}}"
    threads: 8
    shell: "touch {{output}}"
"""


def rounds(study: Study, *arguments: str) -> list[int]:
    """Return how many jobs a run of the stub starts together, one round after the other."""
    for path in (path for kind in ("gpu", "cpu") for path in study.folder.glob(f"{kind}?")):
        path.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--snakefile", "stub.smk", "--cores", "64", "--workflow-profile",
         str(ROOT / "profiles" / "default"), *arguments],
        cwd=study.folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return [int(count) for count in re.findall(r"^Execute (\d+) jobs", done.stdout + done.stderr, flags=re.MULTILINE)]


@pytest.mark.workflow
def test_jobs_take_turns_on_a_gpu(fresh: Callable[[], Study], monkeypatch: pytest.MonkeyPatch) -> None:
    study = fresh()
    study.write()
    (study.folder / "stub.smk").write_text(STUB, encoding="utf-8")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert rounds(study) == [8, 1]  # all of them, then `all` itself
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert rounds(study) == [5, 1, 1, 1, 1]
    assert rounds(study, "--resources", "mem_mb=1000000", "gpu_turn=1") == [5, 1, 1, 1, 1]
    assert rounds(study, "--resources", "gpu_turn=4") == [8, 1]


def test_every_job_that_fills_a_gpu_takes_turns() -> None:
    """Those whose code picks a device, and lm_eval, which picks its own."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "workflow" / "rules").glob("*.smk")]
    rules = [rule for text in texts for rule in re.split(r"^rule ", text, flags=re.MULTILINE)]
    asking = {rule.split(":")[0] for rule in rules if "gpu_turn=GPU_TURN," in rule}
    jobs = (ROOT / "workflow" / "langgeom").glob("*.py")
    picking = {path.stem.removesuffix("_job") for path in jobs if "import pick_device" in path.read_text(encoding="utf-8")}
    assert asking == picking | {"harness"} and picking


def test_what_shows_a_gpu(tmp_path: Path) -> None:
    for name in ("null", "nvidiactl", "nvidia-uvm", "nvme0"):
        (tmp_path / name).touch()
    assert not shows_gpu({}, tmp_path) and not shows_gpu({}, tmp_path / "nowhere")
    (tmp_path / "nvidia0").touch()
    assert shows_gpu({}, tmp_path)
    assert not shows_gpu({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) and not shows_gpu({"CUDA_VISIBLE_DEVICES": "-1"}, tmp_path)
    assert shows_gpu({"CUDA_VISIBLE_DEVICES": "0,1"}, tmp_path / "nowhere")
