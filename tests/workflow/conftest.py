"""Studies for the tests: fresh ones, and one that has run through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from study import Study, make_parts, make_study


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Study]:
    """Return a maker of studies that have not run."""
    parts = tmp_path_factory.mktemp("parts")
    make_parts(parts)  # once: training a tokenizer does not give the same one twice
    return lambda: make_study(parts, tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def finished(fresh: Callable[[], Study]) -> Study:
    """A study that has run through once; tests leave it as they found it."""
    study = fresh()
    study.run()
    return study
