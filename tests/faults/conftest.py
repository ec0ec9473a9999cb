"""A small study for runs that are killed or starved, and the results of an undisturbed run of it."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from runs import TARGETS, Run, results_of
from stand_in_hub import TOKEN
from study import Study, make_parts, make_study


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Study]:
    """Return a maker of studies of three texts and one model, all texts in one job, that have not run."""
    parts = tmp_path_factory.mktemp("parts")
    make_parts(parts)

    def make() -> Study:
        study = make_study(parts, tmp_path_factory.mktemp("study"))
        study.settings["corpora"]["mine"]["texts"] = ["eng_Latn", "uig_Arab", "uig_Latn"]
        study.settings["models"] = {"decoder": {"folder": "decoder"}}
        return study

    return make


@pytest.fixture(scope="session")
def undisturbed(fresh: Callable[[], Study]) -> Study:
    """Such a study after a run, with a secret in its environment; tests leave it as it is."""
    study = fresh()
    Run(study, *TARGETS, environment={"HF_TOKEN": TOKEN}).succeed()
    return study


@pytest.fixture(scope="session")
def expected(undisturbed: Study) -> dict[str, bytes]:
    """The results of that study."""
    return results_of(undisturbed)


@pytest.fixture
def finished(undisturbed: Study, tmp_path: Path) -> Study:
    """A copy of that study, to be damaged."""
    folder = tmp_path / "study"
    subprocess.run(["cp", "-a", str(undisturbed.folder), str(folder)], check=True)  # with its times
    return Study(folder, copy.deepcopy(undisturbed.settings))
