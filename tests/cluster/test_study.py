"""The embedded default goes through a real Slurm by the README's own commands, around a drained node, and gives the tables of
a local run to the byte; its models are one tiny decoder, its languages two.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import slurm
from as_conda import with_conda
from study import ROOT, Study
from submitted import enter, job_of, jobs, readme, working_copy

# A line more in README's section wants a test here.
ACTIVATE, ON_SLURM, BY_CONDA, ELSEWHERE = readme()
# What a run leaves that has no time and no machine in it, and how many files of each there are at least.
SAME = {
    "corpora/*/*": 4, "metrics/*/*/*": 2, "metrics.*": 2, "texts/*/*": 2, "texts.*": 2, "quality.*": 2,
    "findings.*": 3, "figures/*": 57, "explorer.html": 1,
}  # fmt: skip


class Ran(NamedTuple):
    """A study that has run through: its home, its folder (a working copy), its jobs, and what lay there before."""

    home: Path
    study: Study
    jobs: list[dict[str, str]]
    before: set[str]


@pytest.fixture(scope="module")
def ran(node: Path, embedded: Callable[[Path], Study], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """README's `snakemake --profile slurm` in a working copy; the node was drained while the first of its jobs ran."""
    home = tmp_path_factory.mktemp("home")
    copy = home / "langgeom"
    working_copy(copy)
    study = embedded(copy)
    before = {path.name for path in copy.iterdir()}
    run = enter([ACTIVATE, ON_SLURM], copy, home / "on_slurm.txt")
    name = slurm.ask("sinfo", "--noheader", "--format=%n").strip()
    run.until(lambda: job_of("rule_model"))
    slurm.ask("scontrol", "update", f"NodeName={name}", "State=DRAIN", "Reason=maintenance")
    run.until(lambda: any("rule_measure" in job["Comment"] for job in jobs()))
    waiting = [job for job in jobs() if "rule_measure" in job["Comment"]]
    # The job that was running was let end, the next one waits, and `squeue` tells why.
    assert [job["JobState"] for job in jobs() if "rule_model" in job["Comment"]] == ["COMPLETED"]
    assert [job["JobState"] for job in waiting] == ["PENDING"]
    run.until(lambda: "DRAINED" in slurm.ask("squeue", "--noheader", "--format=%r"))
    slurm.ask("scontrol", "update", f"NodeName={name}", "State=RESUME")
    run.end(0)
    return Ran(home, study, jobs(), before)


def test_all_is_there(ran: Ran) -> None:
    results = ran.study.folder / "results"
    for pattern, least in SAME.items():
        assert len(list(results.glob(pattern))) >= least, pattern
    assert (results / "report.html").is_file()
    # And nothing beside the results but Snakemake's own folder.
    assert {path.name for path in ran.study.folder.iterdir()} == {*ran.before, "results", ".snakemake"}


def test_each_job_ran_where_it_belongs(ran: Ran) -> None:
    places = {job["Comment"].split("_wildcards")[0]: (job["Partition"], job.get("TresPerJob", "")) for job in ran.jobs}
    on_cpus = ("model", "text", "figure", "conclusions", "explorer", "page", "model_pairs")
    on_gpu = ("measure", "text_pairs")
    assert places == {
        **{f"rule_{name}": ("gpu", "gres:gpu:1") for name in on_gpu}, **{f"rule_{name}": ("cpu", "") for name in on_cpus}
    }  # fmt: skip
    assert {job["JobState"] for job in ran.jobs} == {"COMPLETED"}
    measured = next(job for job in ran.jobs if "rule_measure" in job["Comment"])
    assert re.search(r"cpu=8,mem=20\d\dM", measured["TRES"]) and measured["TimeLimit"] == "00:31:00"  # a tiny model


def test_a_stage_is_addressed_by_its_name(node: Path, two_texts: Callable[[], Study], tmp_path: Path) -> None:
    """As docs/cluster.md says: `--set-resources measure:...` and `--until measure`, whatever the corpora are called."""
    working_copy(tmp_path / "copy")
    study = two_texts()
    words = command(study, "--dry-run", "--until measure --set-resources measure:runtime=240")
    output = enter([ACTIVATE, words], tmp_path / "copy", tmp_path / "output.txt").end(0)
    assert "runtime=240" in output and re.search(r"^measure +1$", output, re.MULTILINE)
    assert not re.search(r"^(join_metrics|figure) ", output, re.MULTILINE)


def test_again_there_is_nothing_to_do(ran: Ran) -> None:
    again = enter([ACTIVATE, ON_SLURM], ran.study.folder, ran.home / "again.txt")
    assert "Nothing to be done" in again.end(0)
    assert len(jobs()) == len(ran.jobs)


def test_a_local_run_elsewhere_gives_the_same_bytes(ran: Ran, embedded: Callable[[Path], Study]) -> None:
    """README's `snakemake --cores 4 --directory ~/study`, from the same working copy."""
    (ran.home / "study").mkdir()
    local = embedded(ran.home / "study")
    enter([ACTIVATE, ELSEWHERE], ran.study.folder, ran.home / "elsewhere.txt", {**os.environ, "HOME": str(ran.home)}).end(0)
    for pattern, least in SAME.items():
        expected = local.files(pattern)
        assert len(expected) >= least, pattern
        found = ran.study.files(pattern)
        assert found.keys() == expected.keys()
        assert [name for name in expected if found[name] != expected[name]] == []
    assert (local.folder / "results" / "report.html").is_file()


def test_environments_by_conda_give_the_same_figure(ran: Ran) -> None:
    """README's `snakemake --sdm conda --cores 4`, with a double of conda, where a figure is missing."""
    gone = ran.study.files("figures/id_by_layer.*")
    for name in gone:
        (ran.study.folder / "results" / name).unlink()
    doubles = ran.home / "conda"
    doubles.mkdir()
    output = enter([ACTIVATE, BY_CONDA], ran.study.folder, ran.home / "by_conda.txt", with_conda(doubles)).end(0)
    made = {path.read_bytes() for path in (ran.study.folder / ".snakemake" / "conda").glob("*.yaml")}
    assert (ran.study.folder / "envs" / "figures.yaml").read_bytes() in made
    assert "Activating conda environment" in output
    assert len(gone) == 3 and ran.study.files("figures/id_by_layer.*") == gone


def with_profile(folder: Path, old: str, new: str) -> None:
    """Make a working copy whose profile says something else in one place."""
    working_copy(folder)
    profile = folder / "slurm" / "config.yaml"
    text = profile.read_text(encoding="utf-8")
    assert text.count(old) == 1
    profile.write_text(text.replace(old, new), encoding="utf-8")


def command(study: Study, *more: str) -> str:
    """Return README's command for a study of its own folder, with more words behind it."""
    study.write()
    return " ".join([ON_SLURM.split("#")[0].strip(), f"--directory {study.folder}", *more])


def test_a_gpu_by_name_is_asked_for_where_one_is_used(node: Path, two_texts: Callable[[], Study], tmp_path: Path) -> None:
    """Both forms that docs/cluster.md gives, by type and by feature."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8").splitlines()
    forms = [line for line in page if line.startswith(("  gpu_model: ", "  constraint: "))]
    assert len(forms) == 2
    with_profile(tmp_path / "copy", "  mem_mb:", "\n".join([*forms, "  mem_mb:"]))
    study, known = two_texts(), {job["JobId"] for job in jobs()}
    words = command(study, "results/metrics/decoder/mine/eng_Latn.parquet")
    enter([ACTIVATE, words], tmp_path / "copy", tmp_path / "output.txt").end(0)
    asked = {
        job["Comment"].split("_wildcards")[0]: (job.get("TresPerJob", ""), job["Features"].replace("(null)", ""))
        for job in jobs()
        if job["JobId"] not in known
    }
    assert asked == {
        "rule_model": ("", ""),
        "rule_measure": ("gres:gpu:a100:1", "a100"),
    }


def test_two_gpus_are_planned_for_jobs_that_use_them(two_texts: Callable[[], Study], tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    form = "\"2 if hasattr(input, 'model') else 0\""
    assert f"`gpu: {form}`" in page
    with_profile(tmp_path / "copy", "\"1 if hasattr(input, 'model') else 0\"", form)
    study = two_texts()
    # Of rules that run a model, this one's plan shows what it asks for; the others' have messages of their own.
    study.settings["quality"] = {"harness": {"models": ["decoder"], "tasks": {"global_mmlu_full_es": "spa"}}}
    words = command(study, "--dry-run", "results/harness/decoder.json")
    output = enter([ACTIVATE, words], tmp_path / "copy", tmp_path / "output.txt").end(0)
    rules = re.findall(r"^rule (\w+):\n(?:    .*\n)*?    resources: .*\bgpu=(\d)", output, re.MULTILINE)
    assert dict(rules) == {"model": "0", "harness": "2"}
