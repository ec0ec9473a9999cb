"""Each figure's number and name stand for its three files, and a figure is drawn from its tables and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from langgeom.figures.catalogue import FIGURES
from study import Study

pytestmark = pytest.mark.workflow
NAMES = {name: sorted({figure.alias, name} - {""}) for name, figure in FIGURES.items()}


class Job(NamedTuple):
    """A planned job: its rule, its results among inputs and outputs, and its wildcards."""

    rule: str
    inputs: set[str]
    outputs: set[str]
    wildcards: Mapping[str, str]


@pytest.fixture(scope="module")
def jobs(fresh: Callable[[], Study]) -> list[Job]:
    """Return the jobs that all names of figures plan together, in a study that has not run."""
    study = fresh()
    planned = study.run("--dry-run", *(name for names in NAMES.values() for name in names))
    found = []
    for rule, block in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)", planned, re.MULTILINE):
        lines = dict(re.findall(r"^    (\w+): (.*)", block, re.MULTILINE))
        inputs, outputs = (set(lines.get(key, "").split(", ")) for key in ("input", "output"))
        wildcards = dict(part.split("=", 1) for part in lines.get("wildcards", "").split(", ") if part)
        found.append(Job(rule, {path for path in inputs if path.startswith("results/")}, outputs, wildcards))
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_from_its_tables_alone(jobs: list[Job], name: str) -> None:
    files = {f"results/figures/{name}.{kind}" for kind in ("svg", "png", "csv")}
    (drawn,) = [job for job in jobs if job.rule == "figure" and job.wildcards["figure"] == name]
    assert drawn.outputs == files
    assert drawn.inputs == {f"results/{table}.parquet" for table in FIGURES[name].tables}
    assert all(job.inputs == files for job in jobs if job.rule in NAMES[name])
    assert {job.rule for job in jobs if job.rule in NAMES[name]} == set(NAMES[name])


def test_what_tables_need(jobs: list[Job]) -> None:
    rules = {"corpus", "model", "measure", "join_metrics", "text", "join_texts", "text_pairs", "join_pairs",
             "join_subspaces", "model_pairs", "join_model_pairs", "quality", "conclusions", "figure"}  # fmt: skip
    assert {job.rule for job in jobs} == rules | {name for names in NAMES.values() for name in names}
    tables = {path: job for job in jobs for path in job.outputs if path.endswith(".parquet")}
    assert all(path.startswith("results/metrics/") for path in tables["results/metrics.parquet"].inputs)
    assert all(path.startswith("results/texts/") for path in tables["results/texts.parquet"].inputs)
    for table in ("pairs", "subspaces", "model_pairs"):
        assert tables[f"results/{table}.parquet"].inputs == {path for path in tables if path.startswith(f"results/{table}/")}
    assert tables["results/quality.parquet"].inputs == {"results/metrics.parquet"}
    read = {f"results/{name}.parquet" for name in ("metrics", "texts", "quality", "pairs")}
    assert tables["results/findings.parquet"].inputs == read
