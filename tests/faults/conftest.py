"""A small study for runs that are killed, and what it gives when nothing happens to it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from runs import Undisturbed, finish, results_of
from study import Study, make_parts, make_study


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
def undisturbed(fresh: Callable[[], Study]) -> Undisturbed:
    """That of such a study's `table`."""
    study, start = fresh(), time.monotonic()
    finish(study, "table")
    return Undisturbed(results_of(study), time.monotonic() - start)
