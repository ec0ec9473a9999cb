"""A run killed at any moment goes on to the same bytes, and never leaves half a file under its final name."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from runs import (
    ALIGNED,
    EXPLORER,
    LIBRARY,
    REPORT,
    TARGETS,
    Fault,
    Run,
    Undisturbed,
    check_store,
    computed,
    finish,
    results_of,
    temporaries,
)  # fmt: skip
from study import ROOT, Study
from tally import Tally

pytestmark = [pytest.mark.workflow, pytest.mark.faults]
SEED = 20
TEXTS = ("eng_Latn", "uig_Arab", "uig_Latn")
# In the order of the pipeline: the jobs of each stage by their script, and what is asked of the run that is killed there.
STAGES: list[tuple[str, list[str]]] = [
    ("snakemake", [f"results/corpora/mine/{text}.txt" for text in TEXTS[:2]]),
    ("npm_package", [LIBRARY]),
    ("corpus", ["corpora"]),
    ("text", [f"results/texts/mine/{text}.parquet" for text in TEXTS]),
    ("join_table", ["results/texts.csv"]),
    ("model", ["models"]),
    ("hidden", [f"results/hidden/decoder/mine/{text}.safetensors" for text in TEXTS]),
    ("metrics", [f"results/metrics/decoder/mine/{text}.parquet" for text in TEXTS]),
    ("join_table", ["table"]),
    ("aligned", [ALIGNED]),
    ("quality", ["results/quality.csv"]),
    ("findings", ["results/findings.csv"]),
    ("figure", ["fig01"]),
    ("explorer", [EXPLORER]),
    ("report", [REPORT]),
]
KILLED = {"job": "SIGKILL to a job", "snakemake": "SIGKILL to Snakemake", "group": "SIGKILL to all of a run at once"}
IN_STORE = ("hidden", "metrics")
COMPARED = (".txt", ".tgz", ".parquet", ".csv", ".safetensors", EXPLORER)


@pytest.mark.parametrize("who", KILLED)
def test_killed_at_random_moments(fresh: Callable[[], Study], undisturbed: Undisturbed, who: str, tally: Tally) -> None:
    """A run is killed in ten stages, one after the other, and after each goes on to what was asked of it: the same bytes.

    Each stage is killed in two of the three ways; the one it is left out of makes it undisturbed.
    """
    chance, study, printed = random.Random(f"{SEED} {who}"), fresh(), ""
    left_out = ["job", "group", "snakemake"].index(who)
    for number, (stage, targets) in enumerate(STAGES):
        if number % 3 == left_out:
            continue
        # Of Snakemake's own moments those of its first jobs, which there are in every run.
        last = 9 if stage == "snakemake" else undisturbed.moments[stage]
        moment = Fault(stage, chance.randint(1, last), who)
        run = Run(study, *targets, fault=moment)
        output = run.fail()
        assert run.happened(), f"{moment}\n{output}"
        if who != "snakemake":  # what it leaves at work is the next run's to end
            run.kill()
        kept = {name: check_store(study, name) for name in IN_STORE}
        printed += finish(study, *targets)
        assert all(check_store(study, name) >= kept[name] for name in IN_STORE), f"{moment}: a finished result was lost"
        assert temporaries(study.folder) == [] and run.left() == [], moment
        found = results_of(study)
        assert [name for name in found if found[name] != undisturbed.results.get(name)] == [], moment
        assert {path.removeprefix("results/") for path in targets if path.endswith(COMPARED)} <= found.keys(), moment
        tally(KILLED[who], 1, survived=1)
    finish(study, *TARGETS, REPORT)
    assert results_of(study) == undisturbed.results and (study.folder / REPORT).exists()
    assert temporaries(study.folder) == []
    assert who == "job" or "Removed the lock of a run that was killed" in printed


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


def test_what_a_job_has_started_ends_with_it(tmp_path: Path) -> None:
    """A job that a killed Snakemake left at work, and the client it downloads with: the next run ends both."""
    script = tmp_path / ".snakemake" / "scripts" / "x.npm_package.py"
    script.parent.mkdir(parents=True)
    script.write_text(
        "import subprocess, sys\n"
        "client = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], cwd='/')\n"
        "open('started', 'w').write(str(client.pid))\n"
        "client.wait()\n"
    )
    (tmp_path / "config.yaml").write_text("seed: 1\n")
    with subprocess.Popen([sys.executable, str(script)], cwd=tmp_path) as job:
        while not (tmp_path / "started").exists() or not (tmp_path / "started").read_text():
            assert job.poll() is None
            time.sleep(0.05)
        client = psutil.Process(int((tmp_path / "started").read_text()))
        command = [sys.executable, str(ROOT / "workflow" / "scripts" / "run_alone.py"), "--version"]
        said = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=True).stdout
        left = client.is_running() and client.status() != psutil.STATUS_ZOMBIE
        if left:
            client.kill()
        assert "Ended 1 jobs that a killed run had left at work." in said and not left
