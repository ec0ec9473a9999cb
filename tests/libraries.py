"""The library that the explorer carries within it, for the tests that make one; without a way to npm these tests skip."""

from __future__ import annotations

from pathlib import Path

import pytest

from langgeom.download import fetch
from langgeom.errors import UserError
from langgeom.pages.libraries import ECHARTS
from unavailable import unavailable

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tarball of ECharts: what a run here has fetched, or fetched once for all tests."""
    name = f"npm/{ECHARTS.package}-{ECHARTS.version}.tgz"
    for path in (ROOT / "results" / "downloads" / name, tmp_path_factory.mktemp("downloads") / name):
        if path.exists():
            return path
    try:
        fetch("npm", ECHARTS.package, ECHARTS.version, ECHARTS.sha256, path)
    except UserError as error:
        unavailable(f"the page's library cannot be had: {error}")
    return path
