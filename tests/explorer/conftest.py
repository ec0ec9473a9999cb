"""A page of made-up numbers, and Chromium to look at it with; without Chromium these tests skip, in CI they fail."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.made import Browser, Made, make
from langgeom.download import fetch_npm
from langgeom.errors import UserError
from langgeom.pages.libraries import D3

ROOT = Path(__file__).resolve().parents[2]


def unavailable(reason: str) -> None:
    """Skip, or fail where all is to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


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


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        unavailable("no Chromium here: apt-get install chromium chromium-driver")
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Chromium, which at the test's end must have logged no error and asked for nothing outside the page."""
    for log in ("browser", "performance"):
        chromium.driver.get_log(log)
    yield chromium
    assert [entry["message"] for entry in chromium.driver.get_log("browser")] == []
    events = [json.loads(entry["message"])["message"] for entry in chromium.driver.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert {address for address in asked if not address.startswith(("data:", "blob:", "file:///", "about:"))} == set()
    assert len({address.split("#")[0] for address in asked if address.startswith("file:")}) <= 1
