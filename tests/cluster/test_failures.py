"""What ends badly on a real Slurm is said plainly, and the next call does only what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

import slurm
from study import Study
from submitted import Run, job_of, jobs, submit

LINES = 20_000  # so many that a text takes seconds: there is time to end a job between its first text and its second
MODELS = ("decoder", "encoder")
TEXTS = ("eng_Latn", "spa_Latn")
TARGETS = [f"results/metrics/{model}/mine/1.json" for model in MODELS]  # the one batch of each


class Ended(NamedTuple):
    """A study, what its user saw, and its jobs."""

    study: Study
    output: str
    jobs: list[dict[str, str]]


def log(study: Study, model: str) -> str:
    """Return the log of a model's job, whose last lines count its texts: `1 of 2: eng_Latn ...`."""
    return "".join(path.read_text(encoding="utf-8") for path in (study.folder / "results/logs/measure" / model).rglob("*.log"))


@pytest.fixture(scope="module")
def wrong(node: Path, two_texts: Callable[[], Study]) -> tuple[Study, Run]:
    """A study whose model lacks its weights, on its way while other tests go on."""
    study = two_texts()
    (study.folder / "decoder" / "model.safetensors").unlink()
    return study, submit(study, "results/models/decoder")


@pytest.fixture(scope="module")
def killed(wrong: tuple[Study, Run], two_texts: Callable[[], Study]) -> Ended:
    """A study of which one job was cancelled after its first text, and the other stood still until its time was over."""
    study = two_texts()
    study.settings["models"]["encoder"] = {"folder": "encoder"}
    # Aligned metrics compare every sentence with every other.
    study.settings["metrics"] = {"token": ["anisotropy"], "sentence": [], "aligned": [], "text": ["bpc"]}
    for text in TEXTS:
        path = study.folder / "texts" / f"{text}.txt"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(f"{lines[number % len(lines)]} {number}" for number in range(LINES)) + "\n", encoding="utf-8")
    run = submit(study, "--retries", "0", *TARGETS)
    # There is one GPU, so they run one after the other, in either order.
    slurm.ask("scancel", _after_first_text(study, run, MODELS))
    run.until(lambda: "CANCELLED" in states(study).values())
    left = [model for model in MODELS if states(study).get(model) != "CANCELLED"]
    job = _after_first_text(study, run, left)
    slurm.ask("scancel", "--signal=STOP", job)
    slurm.ask("scontrol", "update", f"JobId={job}", "TimeLimit=1")
    return Ended(study, run.end(1), [job for job in jobs() if job["WorkDir"] == str(study.folder)])


def states(study: Study) -> dict[str, str]:
    """Return the state of each model's job."""
    found = [job for job in jobs() if job["WorkDir"] == str(study.folder) and "rule_measure" in job["Comment"]]
    return {job["Comment"].split("_wildcards_")[1].split("_")[0]: job["JobState"] for job in found}


def _after_first_text(study: Study, run: Run, models: Sequence[str]) -> str:
    """Return the job of one of these models, when it has finished its first text and works on its second."""
    running: list[str] = []

    def seen() -> bool:
        running.extend(model for model in models if "1 of 2: eng_Latn" in log(study, model))
        return bool(running)

    run.until(seen)
    job = job_of(f"rule_measure_wildcards_{running[0]}")
    assert job is not None, log(study, running[0])
    return job


def test_a_killed_job_and_a_time_limit_are_reported(killed: Ended) -> None:
    states = {job["JobState"]: job["JobId"] for job in killed.jobs if "measure" in job["Comment"]}
    assert sorted(states) == ["CANCELLED", "TIMEOUT"]
    for state, job in states.items():
        assert f"SLURM-job '{job}' failed, SLURM status is: '{state}'" in killed.output
    # Once each: no retries were asked for. (The logs shown with them may say "Error in rule" again, in the job's own words.)
    assert killed.output.count("SLURM status is: ") == 2
    # The log of the job says how far it came, the log of Slurm why it ended.
    assert killed.output.count("1 of 2: eng_Latn") >= 2
    assert "DUE TO TIME LIMIT" in killed.output


def test_the_next_call_does_only_what_is_missing(killed: Ended) -> None:
    study = killed.study
    assert not any((study.folder / target).exists() for target in TARGETS)
    output = submit(study, *TARGETS).end(0)
    assert all((study.folder / target).exists() for target in TARGETS)
    for model in MODELS:
        assert "1 of 1: spa_Latn measured" in log(study, model) and "eng_Latn measured" not in log(study, model)
    assert "rule model" not in output and "rule corpus" not in output
    assert "2 of 2 steps (100%) done" in output


def test_a_failing_job_says_why_and_gets_more_each_time(wrong: tuple[Study, Run], killed: Ended) -> None:
    study, run = wrong
    output = run.end(1)
    # Not "Error in rule": the logs shown with it say that again, in the job's own words, when they are there in time.
    assert output.count("SLURM status is: 'FAILED'") == 3
    assert "error: Model 'decoder'" in output and "safetensors" in output
    tried = [job for job in jobs() if job["WorkDir"] == str(study.folder)]
    assert {job["JobState"] for job in tried} == {"FAILED"}
    asked = sorted((job["TRES"].split("mem=")[1].split(",")[0], job["TimeLimit"]) for job in tried)
    assert asked == [("2000M", "00:30:00"), ("4000M", "01:00:00"), ("6000M", "01:30:00")]
    assert not (study.folder / "results" / "models" / "decoder").exists()


def test_a_mended_model_goes_on(wrong: tuple[Study, Run], killed: Ended) -> None:
    study, run = wrong
    run.end(1)
    shutil.copy(killed.study.folder / "decoder" / "model.safetensors", study.folder / "decoder")
    assert "1 of 1 steps (100%) done" in submit(study, "results/models/decoder").end(0)
