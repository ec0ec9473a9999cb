"""Each figure's number, name and files plan that figure and what it is drawn from, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest

from langgeom.figures.catalogue import FIGURES
from study import ROOT, Study

pytestmark = pytest.mark.workflow
TABLES = sorted({table for figure in FIGURES.values() for table in figure.tables})
# Both ways to ask for each figure: by its number where it has one, else by its name; by a file, each kind in its turn.
BY_NAME = {name: figure.alias or name for name, figure in FIGURES.items()}
BY_FILE = {name: f"results/figures/{name}.{['svg', 'png', 'csv'][number % 3]}" for number, name in enumerate(FIGURES)}


class Planned(NamedTuple):
    """How many jobs of each rule are planned, and which figures are to be drawn."""

    jobs: Mapping[str, int]
    figures: list[str]


@pytest.fixture(scope="module")
def planned(fresh: Callable[[], Study]) -> dict[str, Planned]:
    """Return what each target plans in a study that has not run."""
    study = fresh()
    study.write()
    wanted = [*(f"results/{table}.parquet" for table in TABLES), *BY_NAME.values(), *BY_FILE.values()]
    configs = {target: study.folder / f"{number}.yaml" for number, target in enumerate(wanted)}
    for path in configs.values():
        path.write_bytes((study.folder / "config.yaml").read_bytes())
    command = [sys.executable, str(ROOT / "tests" / "workflow" / "dry_runs.py"), str(ROOT / "Snakefile"), str(study.folder)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    asked = [f"{path}={target}" for target, path in configs.items()]
    subprocess.run([*command, *asked], env=environment, check=True, timeout=600)
    found = {}
    for target, path in configs.items():
        said = path.with_suffix(".log").read_text(encoding="utf-8")
        assert "This was a dry-run" in said, f"{target}: {said}"
        jobs = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", said, flags=re.MULTILINE)}
        assert jobs.pop("total") == sum(jobs.values())
        found[target] = Planned(jobs, re.findall(r"wildcards: figure=(\w+)", said))
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_alone(planned: dict[str, Planned], name: str) -> None:
    expected = {"figure": 1}
    for table in FIGURES[name].tables:
        for rule, count in planned[f"results/{table}.parquet"].jobs.items():
            assert expected.setdefault(rule, count) == count
    assert planned[BY_FILE[name]] == (expected, [name])
    assert planned[BY_NAME[name]] == ({BY_NAME[name]: 1, **expected}, [name])


def test_what_tables_need(planned: dict[str, Planned]) -> None:
    assert set(TABLES) == {"metrics", "texts", "quality", "findings"}
    hidden = {"corpus", "model", "hidden_mine_1", "hidden_mine_2"}
    metrics = hidden | {"metrics_mine_1", "metrics_mine_2", "join_metrics"}
    of = {table: set(planned[f"results/{table}.parquet"].jobs) for table in TABLES}
    assert of["texts"] == {"corpus", "text", "join_texts"}
    assert of["metrics"] == metrics
    assert of["quality"] == metrics | {"quality"}
    assert of["findings"] == metrics | of["texts"] | {"quality", "conclusions"}
