"""A run killed at any moment goes on to the same bytes, and never leaves half a file under its final name."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from runs import TARGETS, Fault, Run, Undisturbed, check_store, computed, finish, results_of, temporaries
from study import Study
from tally import Tally

pytestmark = [pytest.mark.workflow, pytest.mark.faults]
SEED = 20
# In the order of the pipeline: the jobs of each stage by their script, and what is asked of the run that is killed there.
STAGES = {
    "snakemake": "corpora", "corpus": "corpora", "text": "results/texts.csv", "model": "models", "hidden": "table",
    "metrics": "table", "join_table": "table", "quality": "results/quality.csv", "findings": "results/findings.csv",
    "figure": "fig01",
}  # fmt: skip
KILLED = {"job": "SIGKILL to a job", "snakemake": "SIGKILL to Snakemake", "group": "SIGKILL to all of a run at once"}
IN_STORE = ("hidden", "metrics")


@pytest.mark.parametrize("who", KILLED)
def test_killed_at_random_moments(fresh: Callable[[], Study], undisturbed: Undisturbed, who: str, tally: Tally) -> None:
    """A run is killed in its first stage, the one that goes on in the next, and so on: ten kills, and a run that ends."""
    chance, study, kept = random.Random(f"{SEED} {who}"), fresh(), dict.fromkeys(IN_STORE, 0)
    for stage, target in STAGES.items():
        if who == "job" and stage == "snakemake":
            stage = "corpus"  # it is no job
        # Of Snakemake's own moments those before its second pair of jobs: then there is something left for the next kill.
        last = 9 if stage == "snakemake" else undisturbed.moments[stage]
        moment = Fault(stage, chance.randint(1, last), who)
        run = Run(study, target, fault=moment)
        output = run.fail()
        assert run.happened(), f"{moment}\n{output}"
        if who != "snakemake":  # what it leaves at work is the next run's to end
            run.kill()
        for name in IN_STORE:
            found = check_store(study, name)
            assert found >= kept[name], f"{moment}: a finished result was lost"
            kept[name] = found
        tally(KILLED[who], 1, survived=1)
    output = finish(study, *TARGETS)
    assert results_of(study) == undisturbed.results
    assert temporaries(study.folder) == [] and run.left() == []
    assert who == "job" or "Removed the lock of a run that was killed" in output


@pytest.mark.parametrize("stage", IN_STORE)
def test_what_is_finished_is_not_computed_again(
    fresh: Callable[[], Study], undisturbed: Undisturbed, stage: str, tally: Tally
) -> None:
    """Killed anywhere while three texts are computed and written: the next run computes just those that were not kept."""
    chance, study = random.Random(f"{SEED} {stage}"), fresh()
    run = Run(
        study, "table", fault=Fault(stage, chance.randint(undisturbed.moments[stage] // 3, undisturbed.moments[stage]), "group")
    )
    run.fail()
    run.kill()
    kept = check_store(study, stage)
    finish(study, "table")
    assert len(computed(study, stage)) == 3 - kept
    assert results_of(study, ("hidden/*/*/*", "metrics.*")) == {
        name: content for name, content in undisturbed.results.items() if name.startswith(("hidden/", "metrics."))
    }
    tally(KILLED["group"], 1, survived=1)
