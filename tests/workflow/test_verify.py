"""A run records the checksums of its results, and `make verify` finds what has changed since."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from langgeom.checksums import LISTING, verify
from study import ROOT, Study

pytestmark = pytest.mark.workflow


def test_a_flipped_bit_is_named_and_can_be_made_good(finished: Study) -> None:
    results = finished.folder / "results"
    assert verify(results) == {}
    recorded = (results / LISTING).read_text(encoding="utf-8")
    assert all(f"  {name}\n" in recorded for name in ("metrics.parquet", "report.html", "models/decoder/model.safetensors"))
    path = results / "figures" / "id_by_layer.csv"
    whole, times = path.read_bytes(), path.stat()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "langgeom.checksums"], cwd=finished.folder, text=True, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "workflow")},
        )  # fmt: skip
    finally:
        path.write_bytes(whole)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert done.returncode == 1 and "damaged: results/figures/id_by_layer.csv\n" in done.stdout
    assert 'make ARGS="--forcerun results/figures/id_by_layer.csv"' in done.stdout
    planned = finished.run("-n", "--forcerun", "results/figures/id_by_layer.csv")
    assert "rule figure:" in planned or "id_by_layer" in planned
    assert verify(results) == {}
