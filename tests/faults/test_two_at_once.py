"""Two runs in one folder: the second says so and harms nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runs import Fault, Run, Undisturbed, end_session, results_of
from study import ROOT, Study
from tally import Tally

pytestmark = [pytest.mark.workflow, pytest.mark.faults]


def by_hand(study: Study, *arguments: str) -> tuple[int, str]:
    """Run Snakemake itself, as a user would beside `make`."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=study.folder, env=environment, text=True, capture_output=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def seen(folder: Path) -> dict[str, bytes]:
    """Return all that a second run could harm; in the logs the first goes on to write."""
    found = [path for path in (folder / "results").rglob("*") if path.is_file() and "logs" not in path.parts]
    return {str(path): path.read_bytes() for path in found}


@pytest.mark.parametrize("stage", ["hidden", "metrics"])
def test_the_second_says_so(fresh: Callable[[], Study], undisturbed: Undisturbed, stage: str, tally: Tally) -> None:
    """While a job of the first is in the middle of writing, a second `make`, and Snakemake by hand, change nothing."""
    study = fresh()
    first = Run(study, "table", fault=Fault(stage, undisturbed.moments[stage] // 2, "hold"))
    first.until_held()
    before = seen(study.folder)
    second = Run(Study(study.folder, study.settings), "table", name="second")
    output = second.fail()
    assert output == "Another run is under way in this folder (or Snakemake is still ending): wait for it, or end it first.\n"
    status, output = by_hand(study, "table")
    assert status != 0 and "Directory cannot be locked" in output and "Traceback" not in output
    assert seen(study.folder) == before
    first.go_on()
    first.wait()
    expected = {
        name: content for name, content in undisturbed.results.items() if name.startswith(("hidden/", "metrics.", "metrics/"))
    }
    assert results_of(study, ("hidden/*/*/*", "metrics.*", "metrics/*/*/*")) == expected
    tally("a second run in the folder of one under way", 2, detected=2)


def test_one_started_by_hand_is_seen_too(finished: Study, tally: Tally) -> None:
    """`make` beside a Snakemake that was started by hand: its lock and files are not taken for those of a killed run."""
    (finished.folder / "Snakefile").write_text("rule wait:\n    output: 'waited'\n    shell: 'touch started; sleep 600'\n")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--nocolor"]
    with open(os.devnull, "w") as nowhere:
        hand = subprocess.Popen(command, cwd=finished.folder, stdout=nowhere, stderr=nowhere, start_new_session=True)
    try:
        while not (finished.folder / "started").exists():
            assert hand.poll() is None
            time.sleep(0.05)
        left = finished.folder / "results" / f".x.{hand.pid}-00000000.tmp"
        left.touch()
        output = Run(finished, "table", name="second").fail()
        assert output == f"Snakemake is at work in this folder already (process {hand.pid}): wait for it, or end it first.\n"
        assert hand.poll() is None and left.exists() and list((finished.folder / ".snakemake" / "locks").iterdir())
        tally("a second run in the folder of one under way", 1, detected=1)
    finally:
        end_session(hand)
