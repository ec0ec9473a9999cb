"""Chromium to look at pages with; without Chromium these tests skip, in CI they fail."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from unavailable import unavailable


class Browser:
    """Chromium with one page open, its downloads, and what it logged."""

    def __init__(self, folder: Path) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        switches = "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-background-networking \
            disable-component-update disable-sync disable-dev-shm-usage force-device-scale-factor=1"
        for switch in (*switches.split(), f"user-data-dir={folder / 'profile'}"):
            options.add_argument(f"--{switch}")
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        options.add_experimental_option(
            "prefs",
            {
                "download.default_directory": str(self.downloads),
                "download.prompt_for_download": False,
                "profile.default_content_setting_values.automatic_downloads": 1,
            },
        )
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.driver.set_page_load_timeout(60)

    def width(self, width: int, height: int = 900) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )

    def open(self, page: Path, state: str = "", width: int = 1280) -> Browser:
        """Open a page with scripts, which says when it is ready."""
        self.show(page, state, width)
        # A change of what stands after # comes back before the page has followed it; on a busy machine that shows.
        end = time.monotonic() + 30
        while (ready := self.js("return document.documentElement.dataset.ready") == "yes") is False and time.monotonic() < end:
            time.sleep(0.05)
        assert ready, self.driver.get_log("browser")
        return self

    def show(self, page: Path, state: str = "", width: int = 1280) -> None:
        self.width(width)
        self.driver.get("about:blank")
        self.driver.get(f"{page.as_uri()}#{state}")

    def js(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def get(self, name: str) -> Any:
        return self.driver.find_element("id", name)

    def choose(self, name: str, value: str) -> None:
        """Choose an option, as a user's choice does."""
        self.js(
            "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event('change', {bubbles: true}))",
            name,
            value,
        )
        assert self.js("return document.getElementById(arguments[0]).value", name) == value

    def check(self, name: str, value: str) -> None:
        """Tick or untick one value of a list."""
        boxes = "[...document.querySelectorAll(`#${arguments[0]} input`)]"
        self.js(f"{boxes}.find((e) => e.value === arguments[1]).click()", name, value)

    def state(self) -> str:
        return str(self.js("return location.hash.slice(1)"))

    def new_tab(self) -> None:
        """Leave the tab for one without history."""
        self.driver.switch_to.new_window("tab")
        new = self.driver.current_window_handle
        for handle in self.driver.window_handles:
            if handle != new:
                self.driver.switch_to.window(handle)
                self.driver.close()
        self.driver.switch_to.window(new)

    def go(self, steps: int) -> None:
        """Go back or forward; WebDriver's own would skip states that no hand made."""
        self.driver.execute_async_script(
            "const [steps, done] = arguments; addEventListener('popstate', () => setTimeout(done, 0), {once: true});"
            "history.go(steps)",
            steps,
        )

    def saved(self, kind: str) -> str:
        """Press a button of export and return what came."""
        for old in self.downloads.iterdir():
            old.unlink()
        self.get(f"save-{kind}").click()
        for _ in range(100):
            found = [path for path in self.downloads.iterdir() if path.suffix == f".{kind}"]
            if found and found[0].stat().st_size:
                return found[0].read_text(encoding="utf-8")
            time.sleep(0.05)
        raise AssertionError(f"no {kind} was saved")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        unavailable("no Chromium here: apt-get install chromium chromium-driver")
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    # Its own page for new tabs would go on loading its parts while the first test looks at what is asked for.
    browser.driver.get("about:blank")
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
    outside = {address for address in asked if not address.startswith(("data:", "blob:", "file:///", "about:"))}
    assert outside == set(), outside
    assert len({address.split("#")[0] for address in asked if address.startswith("file:")}) <= 1
