"""A page made of made-up numbers, and a browser to look at it with."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from figures.synthetic import synthetic
from langgeom.explorer import Settings, render
from langgeom.explorer.sentences import ALIGNED
from langgeom.table import METRICS, QUALITY, TEXTS, read_table, write_rows

MODELS = ("gemma-3-270m", "gemma-3-270m-untrained", "minilm-l6")
HOSTILE = "</script><img src=x onerror=window.hurt=1><!-- “ %s & \u2028 \u202e"


@dataclass
class Made:
    """A page, and what it was made from."""

    page: Path
    metrics: pd.DataFrame
    texts: pd.DataFrame
    quality: pd.DataFrame
    aligned: pd.DataFrame
    lines: dict[tuple[str, str], list[str]]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{key: None if pd.isna(value) else value for key, value in row.items()} for row in table.to_dict("records")]


def make(folder: Path, library: Path) -> Made:
    """Make a page of three models and 24 texts with all tables, a text lacking values, and a hostile sentence."""
    noise = np.random.default_rng(3)
    metrics = synthetic(MODELS)
    lacking = (metrics["text"] == "tha_Thai") & (metrics["metric"] == "id_twonn") & (metrics["layer"] > 2)
    metrics.loc[lacking, ["value", "low", "high"]] = np.nan
    # Duplicates make the embeddings' intrinsic dimension explode in real runs.
    metrics.loc[(metrics["metric"] == "id_microscope") & (metrics["layer"] == 0), ["value", "low", "high"]] *= 40
    names = metrics[["text", "lang", "script"]].drop_duplicates()
    named = names.to_dict("records")
    measured = {"corpus": "udhr", "n": 60}
    texts = [{**row, **measured, "measure": "characters_per_word", "value": noise.uniform(2, 9)} for row in named]
    measured |= {"quality": "retrieval", "origin": "measured"}
    quality = [{**row, **measured, "model": model, "value": noise.uniform(0, 1)} for model in MODELS for row in named]
    lines = {("udhr", text): [f"{text} sentence {number}" for number in range(30)] for text in names["text"]}
    lines["udhr", "arb_Arab"][7] = HOSTILE.replace("\u2028", "")
    lines["udhr", "arb_Arab"][8] = "لكل فرد حق التمتع بجنسية ما."
    aligned = [
        {"model": model, "corpus": "udhr", "text": text, "line": line, "layer": 3, "cosine": noise.uniform(-0.2, 0.9)}
        for model in MODELS[::2]
        for text in names["text"]
        for line in range(30)
    ]
    for row in aligned:
        row["cosine"] = {("arb_Arab", 7): 0.97, ("arb_Arab", 8): -0.9}.get((row["text"], row["line"]), row["cosine"])
    files = {}
    for (corpus, text), sentences in lines.items():
        files[corpus, text] = folder / f"{text}.txt"
        files[corpus, text].write_text("\n".join(sentences) + "\n", encoding="utf-8")
    paths = {}
    for of, rows in ((METRICS, records(metrics)), (TEXTS, texts), (QUALITY, quality), (ALIGNED, aligned)):
        paths[of.name] = folder / f"{of.name.split()[0]}.parquet"
        write_rows(rows, paths[of.name], of)
    page = folder / "explorer.html"
    render(
        page, library, paths["metrics"], paths["texts"], paths["quality"], [paths[ALIGNED.name]], files, Settings(sentences=4)
    )
    tables = {of.name: read_table(paths[of.name], of) for of in (METRICS, TEXTS, QUALITY, ALIGNED)}
    return Made(page, tables["metrics"], tables["texts"], tables["quality"], tables[ALIGNED.name], lines)


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
        self.width(width)
        self.driver.get("about:blank")
        self.driver.get(f"{page.as_uri()}#{state}")
        assert self.js("return document.documentElement.dataset.ready") == "yes", self.driver.get_log("browser")
        return self

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
        self.js(
            "const d = document.getElementById(arguments[0]); d.open = true;"
            "[...d.querySelectorAll('input[type=checkbox]')].find((e) => e.value === arguments[1]).click()",
            name,
            value,
        )

    def picture(self) -> str:
        return str(self.js("return document.getElementById('picture').toDataURL()"))

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
