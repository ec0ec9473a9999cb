"""A page of made-up numbers, and Chromium to look at it with."""

from __future__ import annotations

from pathlib import Path

import pytest

from browsing import browser, chromium  # noqa: F401 (fixtures)
from explorer.made import Made, make
from libraries import library  # noqa: F401 (a fixture)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, library: Path) -> Made:  # noqa: F811
    return make(tmp_path_factory.mktemp("explorer"), library)
