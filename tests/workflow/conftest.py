"""Studies for the tests: fresh ones, and one that has run through; and a hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stand_in_hub import TOKEN, Hub, serving
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


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A stand-in hub that studies are sent to, with its token known to them."""
    with serving() as hub:
        for key, value in {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "home"), "HF_TOKEN": TOKEN}.items():
            monkeypatch.setenv(key, value)
        for key in ("HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_DATASETS_CACHE"):
            monkeypatch.delenv(key, raising=False)
        yield hub
