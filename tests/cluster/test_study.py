"""A study goes through a real Slurm, around a drained node, and gives the tables of a local run to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import slurm
from study import Study
from submitted import job_of, jobs, submit

TARGETS = ("table", "id_by_layer")


@pytest.fixture(scope="module")
def ran(node: Path, two_texts: Callable[[], Study]) -> tuple[Study, list[dict[str, str]]]:
    """The study when it has run through, and its jobs; the node was drained while the first of them ran."""
    study = two_texts()
    run = submit(study, *TARGETS)
    name = slurm.ask("sinfo", "--noheader", "--format=%n").strip()
    run.until(lambda: job_of("rule_model"))
    slurm.ask("scontrol", "update", f"NodeName={name}", "State=DRAIN", "Reason=maintenance")
    run.until(lambda: any("rule_hidden" in job["Comment"] for job in jobs()))
    waiting = [job for job in jobs() if "rule_hidden" in job["Comment"]]
    # The job that was running was let end, the next one waits, and `squeue` tells why.
    assert [job["JobState"] for job in jobs() if "rule_model" in job["Comment"]] == ["COMPLETED"]
    assert [job["JobState"] for job in waiting] == ["PENDING"]
    run.until(lambda: "DRAINED" in slurm.ask("squeue", "--noheader", "--format=%r"))
    slurm.ask("scontrol", "update", f"NodeName={name}", "State=RESUME")
    run.end(0)
    return study, jobs()


def test_tables_are_those_of_a_local_run(ran: tuple[Study, list[dict[str, str]]], two_texts: Callable[[], Study]) -> None:
    study, _ = ran
    local = two_texts()
    local.run(*TARGETS, cores=8)  # as many threads as the jobs asked for
    for pattern, least in (("metrics.*", 2), ("hidden/*/*/*", 2), ("metrics/*/*/*", 2), ("figures/*", 3)):
        expected = local.files(pattern)
        assert len(expected) >= least
        assert study.files(pattern) == expected


def test_each_job_ran_where_it_belongs(ran: tuple[Study, list[dict[str, str]]]) -> None:
    _, found = ran
    places = {job["Comment"].split("_wildcards")[0]: (job["Partition"], job.get("TresPerJob", "")) for job in found}
    assert places == {
        "rule_model": ("cpu", ""),
        "rule_hidden_mine_1": ("gpu", "gres:gpu:1"),
        "rule_metrics_mine_1": ("cpu", ""),
        "rule_figure": ("cpu", ""),
    }
    assert {job["JobState"] for job in found} == {"COMPLETED"}
    hidden = next(job for job in found if "rule_hidden" in job["Comment"])
    assert "cpu=8,mem=2000M" in hidden["TRES"] and hidden["TimeLimit"] == "00:31:00"  # a tiny model


def test_again_there_is_nothing_to_do(ran: tuple[Study, list[dict[str, str]]]) -> None:
    study, found = ran
    assert "Nothing to be done" in submit(study, *TARGETS).end(0)
    assert len(jobs()) == len(found)


def test_everything_is_in_the_results(ran: tuple[Study, list[dict[str, str]]]) -> None:
    study, _ = ran
    there = {path.name for path in study.folder.iterdir() if not path.name.startswith("output-")}
    assert there == {"config.yaml", "texts", "decoder", "encoder", "results", ".snakemake"}
