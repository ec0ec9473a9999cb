"""The benchmark of scale runs through on a few texts and a tiny model, and writes its page whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tiny
from langgeom.models import build_model

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).resolve().parents[2]


def test_a_trial_writes_the_whole_page(tmp_path: Path) -> None:
    tiny.decoder(tmp_path / "source")
    build_model("m", {"folder": "source"}, base=tmp_path, out=tmp_path / "m")
    (tmp_path / "eng_Latn.txt").write_text("all human beings are born free\n" * 6, encoding="utf-8")
    out = tmp_path / "scale.md"
    command = [sys.executable, str(ROOT / "tests/benchmarks/bench_scale.py"), str(out), "--texts", "6", "--repeats", "1"]
    command += ["--model", str(tmp_path / "m"), "--files", str(tmp_path / "eng_Latn.txt"), "--tokens", "200", "--lines", "6"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = out.read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("#")] == [
        "# Scale",
        "## Planning",
        "## Memory",
        "## Throughput",
    ]
    rows = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in page.splitlines() if line.startswith("| ")}
    for job in ("joining the metrics", "aligned, one model", "quality", "conclusions", "one figure (id_by_layer)", "page"):
        assert all(float(cell) > 0 for cell in rows[job]), rows[job]
    assert "explorer" in rows
    # Peaks are the jobs' own, not that of the process which starts them: torch is not in all of them.
    peaks = {job: float(cells[1]) for job, cells in rows.items() if job in ("joining the metrics", "aligned, one model")}
    assert peaks["joining the metrics"] != peaks["aligned, one model"]
    on, *_, share = rows["m"]
    assert on.strip().startswith("c") and share.strip().endswith("%")
    assert len(rows["m"]) == 8 and rows["m"][4].strip().isdigit(), "a decoder is measured with its loss too"
    for target in ("the target is 50 %", "the target is below 10 %", "Target: bounded"):
        assert target in page
