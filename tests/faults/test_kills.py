"""A killed run goes on to the same bytes, and never leaves half a file under its final name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runs import TARGETS, Run, results_of
from study import Study

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("who", ["everything", "Snakemake alone", "a job"])
def test_killed_while_texts_are_measured(fresh: Callable[[], Study], expected: dict[str, bytes], who: str) -> None:
    """SIGKILL between the first text's metrics and the last one's, then `make`."""
    study = fresh()
    run = Run(study, *TARGETS)
    run.until(lambda: study.files("metrics/*/*/[!.]*"))
    run.kill({"everything": "", "Snakemake alone": "-m snakemake", "a job": ".snakemake/scripts/"}[who])
    run.process.wait()
    left = results_of(study)
    assert "metrics.parquet" not in left
    assert [name for name in left if left[name] != expected[name]] == []
    measured = {path: path.stat().st_ino for path in (study.folder / "results" / "metrics").glob("*/*/[!.]*.parquet")}
    again = Run(study, *TARGETS)
    printed = again.succeed()
    assert results_of(study) == expected
    assert {path: path.stat().st_ino for path in measured} == measured  # a text that was finished was not measured again
    assert run.processes() == [] and not list(study.folder.rglob("*.tmp*"))
    assert ("Removed the lock of a run that was killed" in printed) == (who != "a job")
    assert ("Ended " in printed) == (who == "Snakemake alone")
