"""A Slurm for the tests of this folder, and studies to run on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import slurm
from study import Study, make_parts, make_study


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; without a Slurm they are skipped, except where CI promises one."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.cluster)
    try:
        slurm.find()
    except slurm.Missing as reason:
        if os.environ.get("CI") != "true":
            for item in here:
                item.add_marker(pytest.mark.skip(reason=f"no cluster: {reason}"))


@pytest.fixture(scope="module")
def node() -> Iterator[Path]:
    """A cluster of one node for the tests of a module; its folder."""
    with slurm.cluster() as folder:
        yield folder


@pytest.fixture(scope="session")
def two_texts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Study]:
    """Return a maker of studies of two texts and a tiny decoder."""
    parts = tmp_path_factory.mktemp("parts")
    make_parts(parts)

    def make() -> Study:
        study = make_study(parts, tmp_path_factory.mktemp("study"))
        study.settings["models"] = {"decoder": {"folder": "decoder"}}
        study.settings["corpora"]["mine"]["texts"] = ["eng_Latn", "spa_Latn"]
        return study

    return make
