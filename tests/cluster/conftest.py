"""A Slurm for the tests of this folder, and studies to run on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import slurm
from study import ROOT, Study, make_parts, make_study


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; without a Slurm they are skipped, except where CI promises one."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.cluster)
    try:
        slurm.find()
    except slurm.Missing as reason:
        # Elsewhere the run is asked for by `make test-all` alone, and a laptop need not have a Slurm.
        if os.environ.get("CI") != "true":
            for item in here:
                item.add_marker(pytest.mark.skip(reason=f"no cluster: {reason}"))


@pytest.fixture(scope="module")
def node() -> Iterator[Path]:
    """A cluster of one node for the tests of a module; its folder."""
    with slurm.cluster() as folder:
        yield folder


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what studies are made of."""
    folder = tmp_path_factory.mktemp("parts")
    make_parts(folder)
    return folder


@pytest.fixture(scope="session")
def two_texts(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Study]:
    """Return a maker of studies of two texts and a tiny decoder."""

    def make() -> Study:
        study = make_study(parts, tmp_path_factory.mktemp("study"))
        study.settings["models"] = {"decoder": {"folder": "decoder"}}
        study.settings["corpora"]["mine"]["texts"] = ["eng_Latn", "spa_Latn"]
        return study

    return make


@pytest.fixture(scope="session")
def embedded(parts: Path) -> Callable[[Path], Study]:
    """Return a maker of the embedded default in a folder, cut down to two of its texts and a tiny decoder."""

    def make(folder: Path) -> Study:
        shutil.copytree(parts / "decoder", folder / "decoder")
        settings = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
        settings["corpora"] = {"udhr": {**settings["corpora"]["udhr"], "texts": ["eng_Latn", "spa_Latn"]}}
        settings["models"] = {"decoder": {"folder": "decoder"}}
        settings["in_depth"]["texts"] = ["eng_Latn"]
        settings["bootstrap"]["replicates"] = 40
        fetched = ROOT / "results" / "downloads" / "npm"
        if fetched.is_dir():  # what `make` fetched serves here too
            shutil.copytree(fetched, folder / "results" / "downloads" / "npm", copy_function=os.link)
        study = Study(folder, settings)
        study.write()
        return study

    return make
