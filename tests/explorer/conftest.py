"""A page of made-up numbers, and Chromium to look at it with."""

from __future__ import annotations

from pathlib import Path

import pytest

from browsing import browser, chromium, unavailable  # noqa: F401 (fixtures)
from explorer.made import Made, make
from langgeom.download import fetch_npm
from langgeom.errors import UserError
from langgeom.pages.libraries import D3

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    name = f"npm/{D3.package}-{D3.version}.tgz"
    for path in (ROOT / "results" / "downloads" / name, tmp_path_factory.mktemp("downloads") / name):
        if path.exists():
            return path
    try:
        fetch_npm(D3.package, D3.version, D3.sha256, path)
    except UserError as error:
        unavailable(f"the page's library cannot be had: {error}")
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, library: Path) -> Made:
    return make(tmp_path_factory.mktemp("explorer"), library)
