"""A run killed at any moment goes on to the same bytes, and never leaves half a file under its final name."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from runs import Run, Undisturbed, check_store, computed, finish, results_of, temporaries
from study import Study

pytestmark = [pytest.mark.workflow, pytest.mark.faults]
SEED = 20
CHAINS, KILLS = 5, 4


@pytest.mark.parametrize("chain", range(CHAINS))
def test_killed_at_random_moments(fresh: Callable[[], Study], undisturbed: Undisturbed, chain: int) -> None:
    """A run is killed, the one that goes on with it too, and so on: 20 kills, each up to 0.6 of a run's time after a start."""
    moments = random.Random(f"{SEED} {chain}")
    study, kills, kept = fresh(), 0, 0
    while kills < KILLS:
        if not Run(study, "table").kill_after(moments.uniform(0.05, 0.6) * undisturbed.seconds):
            assert results_of(study) == undisturbed.results  # it was through: begin anew
            study, kept = fresh(), 0
            continue
        kills += 1
        found = check_store(study)
        assert found >= kept, "a finished result was lost"
        kept = found
    finish(study, "table")
    check_store(study)
    assert results_of(study) == undisturbed.results


@pytest.mark.parametrize("stage", ["hidden", "metrics"])
@pytest.mark.parametrize("number", [1, 2])
def test_killed_while_a_result_is_written(
    fresh: Callable[[], Study], undisturbed: Undisturbed, stage: str, number: int
) -> None:
    """Killed as soon as the store shows the nth temporary file: what was finished before is not computed again."""
    study = fresh()
    store, seen = study.folder / "results" / "store" / stage, set[Path]()

    def written() -> bool:
        seen.update(temporaries(store))
        return len({path.name.lstrip(".").split(".")[0] for path in seen}) >= number  # by the result's key

    assert Run(study, "table").kill_when(written)
    kept = len([path for path in store.glob("??/*") if not path.name.startswith(".") and path.suffix != ".sha256"])
    check_store(study)
    output = finish(study, "table")
    assert "Removed the lock of a run that was killed" in output
    # In flight are the text being written and the one being computed; all before them is kept.
    assert kept >= number - 1
    assert len(computed(study, stage)) == 3 - kept
    assert results_of(study) == undisturbed.results
