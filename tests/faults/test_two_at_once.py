"""Two runs in one folder: the second is refused in one message and changes nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from runs import RUN_ALONE, TARGETS, Run, results_of
from study import ROOT, Study

pytestmark = pytest.mark.workflow


def beside(study: Study, *command: str) -> str:
    """Return what a command prints that is refused beside the run of a study."""
    done = subprocess.run([*command, "--cores", "1", "table"], cwd=study.folder, text=True, capture_output=True, timeout=600)
    assert done.returncode != 0 and "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_beside_a_run_of_make(fresh: Callable[[], Study], expected: dict[str, bytes]) -> None:
    study = fresh()
    first = Run(study, *TARGETS)
    first.until(lambda: study.files("corpora/*/*.txt"))
    assert beside(study, *RUN_ALONE).startswith("Another run is under way in this folder")
    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    assert "Directory cannot be locked" in beside(study, *snakemake)
    subprocess.run([*RUN_ALONE, "--cores", "1", "-n", "table"], cwd=study.folder, check=True, capture_output=True)
    first.succeed()
    assert results_of(study) == expected


def test_beside_a_snakemake_that_was_started_by_hand(finished: Study) -> None:
    """Its lock and its files are not taken for those of a killed run."""
    (finished.folder / "Snakefile").write_text("rule wait:\n    output: 'waited'\n    shell: 'touch started; sleep 600'\n")
    by_hand = Run(finished, command=[sys.executable, "-m", "snakemake"])
    try:
        by_hand.until((finished.folder / "started").exists)
        said = beside(finished, *RUN_ALONE)
        assert said.startswith(f"Snakemake is running in this folder (process {by_hand.process.pid})")
        assert by_hand.process.poll() is None and list((finished.folder / ".snakemake" / "locks").iterdir())
    finally:
        by_hand.kill()
