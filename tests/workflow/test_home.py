"""A checkout runs its own library, and says so where Python has loaded another checkout's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from study import ROOT

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("loaded", [True, False])
def test_the_library_of_another_checkout_is_never_used(tmp_path: Path, loaded: bool) -> None:
    """It may be on Python's path, as in the environment of that checkout; once it is loaded, nothing runs."""
    other = tmp_path / "other" / "workflow"
    (other / "langgeom").mkdir(parents=True)
    (other / "langgeom" / "__init__.py").write_text("")
    if loaded:
        (other / "sitecustomize.py").write_text("import langgeom\n")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1", "-n", "corpora"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(other)}, text=True, capture_output=True,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == loaded, said
    assert not loaded or (str(other) in said and str(ROOT / "workflow") in said and "PYTHONPATH" in said), said
