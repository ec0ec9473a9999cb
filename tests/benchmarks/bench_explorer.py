"""How long the explorer takes to open and to answer, with 200 languages, 8 models and 33 layers; and how large it is.

usage: PYTHONPATH=workflow:tests bench_explorer.py --out docs/benchmarks/explorer.md [--repeats N]

Times are what a reader waits for: from the navigation's start, or from the change, until the frame after the picture is drawn.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from browsing import Browser
from langgeom.download import fetch
from langgeom.explorer import write
from langgeom.explorer.pack import pack
from langgeom.explorer.sentences import choose
from langgeom.files import atomic
from langgeom.pages.libraries import ECHARTS, read_library

ROOT = Path(__file__).resolve().parents[2]
MODELS, LAYERS = 8, 33
METRICS = ["id_microscope", "id_twonn", "anisotropy", "anisotropy_uncentred", "kl_mean", "kl_padded"]
DEPTHS = (8, 16, 24)  # the layers with maps
# What stands in the address before the change, and after it.
CHANGES = {
    "another metric": ("", "metric=kl_mean/token"),
    "colour by script": ("", "colour=script"),
    "intervals of all": ("", "intervals=all"),
    "minus the reference": ("", "minus=yes"),
    "mark a language": ("", "marked=aar_Latn"),
    "heat map": ("", "view=heatmap"),
    "scatter": ("", "view=scatter"),
    "map": ("", "view=map"),
    "the map's next layer": ("view=map", "view=map&step=2"),
    "mark a language on the map": ("view=map", "view=map&marked=aar_Latn"),
    "table": ("", "view=table"),
    "correlations": ("", "view=correlations"),
}
# The library paints at the next frame; reading a pixel waits for that.
PAINTED = "for (const one of document.querySelectorAll('#picture canvas')) one.getContext('2d').getImageData(0, 0, 1, 1)"
FRAME = f"const painted = () => {{ {PAINTED}; done(performance.now() - start); }};"
FRAME += "requestAnimationFrame(() => requestAnimationFrame(painted))"


def texts() -> list[str]:
    """Return the names of 200 texts that exist."""
    with (ROOT / "workflow" / "data" / "udhr.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    names = sorted({row["text"] for row in rows} - {"eng_Latn"})
    return ["eng_Latn", *names[:: len(names) // 199][:199]]


def table(names: list[str]) -> pd.DataFrame:
    """Return metrics of all models, texts and layers, each number different."""
    noise = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([METRICS, [f"model-{number}" for number in range(MODELS)], names, range(LAYERS)])
    rows = index.to_frame(index=False, name=["metric", "model", "text", "layer"])
    per_text = noise.normal(size=len(rows) // LAYERS).repeat(LAYERS)
    value = 12 + 6 * np.sin(rows["layer"] / 10) + per_text + noise.normal(scale=0.3, size=len(rows))
    return rows.assign(
        kind="decoder", init="trained", corpus="flores", lang=rows["text"].str[:3], script=rows["text"].str[4:8], over="token",
        layer=rows["layer"].astype("Int16"), value=value, low=value - noise.uniform(0.5, 1, len(rows)),
        high=value + noise.uniform(0.5, 1, len(rows)), n=pd.array([2048] * len(rows), dtype="Int32"),
    )  # fmt: skip


def pairs(names: list[str]) -> pd.DataFrame:
    """Return all pairs of texts, at three layers of each model, as alike as they are near in five dimensions."""
    noise, (a, b), texts = np.random.default_rng(2), np.triu_indices(len(names), 1), np.array(names)
    tables = []
    for model in range(MODELS):
        for layer in DEPTHS:
            points = noise.normal(size=(len(names), 5))
            value = np.cos(np.linalg.norm(points[a] - points[b], axis=1) / 5)
            about = {"model": f"model-{model}", "layer": layer, "text": texts[a], "other": texts[b], "value": value}
            tables.append(pd.DataFrame({**about, "low": value - 0.05, "high": value + 0.02}))
    return pd.concat(tables).assign(kind="decoder", init="trained", corpus="flores", metric="cka", n=1000)


def page(folder: Path) -> tuple[Path, dict[str, int]]:
    """Write the page; returns it, and its parts' sizes in bytes."""
    names = texts()
    lines = {}
    for name in names:
        lines["flores", name] = folder / f"{name}.txt"
        lines["flores", name].write_text("".join(f"{name} {line} " + "sentence " * 13 + "\n" for line in range(1000)))
    lines_of_all = pd.MultiIndex.from_product([[f"model-{number}" for number in range(MODELS)], names, range(1000)])
    aligned = lines_of_all.to_frame(index=False, name=["model", "text", "line"]).assign(corpus="flores", layer=16)
    aligned["cosine"] = np.random.default_rng(1).uniform(size=len(aligned))
    packed = pack(table(names), pairs=pairs(names), reference="eng_Latn", first="id_microscope", final_norm=True)
    (facts, blocks), shown = packed, choose(aligned, lines, "eng_Latn")
    tarball = folder / "echarts.tgz"
    fetch("npm", ECHARTS.package, ECHARTS.version, ECHARTS.sha256, tarball)
    library = read_library(tarball, ECHARTS)
    path = folder / "explorer.html"
    none = {"sentences": {"chosen": {}, "lines": {}}, "tokens": {"shown": {}, "lines": {}}}
    write(folder / "without.html", facts, blocks, none, library)
    write(path, facts, blocks, {**none, "sentences": shown}, library)
    whole, without = path.stat().st_size, (folder / "without.html").stat().st_size
    numbers = sum(4 * ((len(block) + 2) // 3) for block in blocks)
    return path, {"whole page": whole, f"numbers of {len(METRICS)} metrics": numbers, "sentences": whole - without,
                  "maps": len(json.dumps(facts["maps"], separators=(",", ":"))), "library": len(library.encode())}  # fmt: skip


def opening(browser: Browser, path: Path) -> float:
    browser.open(path)
    return browser.driver.execute_async_script(f"const done = arguments[0], start = 0; {FRAME}") / 1000


def changing(browser: Browser, path: Path, before: str, after: str) -> float:
    """Change what stands in the address, which all changes go through."""
    browser.open(path, before)
    change = "location.hash = after; window.addEventListener('hashchange', () => {" + FRAME + "}, {once: true})"
    script = f"const [after, done] = arguments, start = performance.now(); {change}"
    return browser.driver.execute_async_script(script, after) / 1000


def pointing(browser: Browser, path: Path) -> float:
    browser.open(path)
    script = (
        "const done = arguments[0], start = performance.now(), canvas = document.querySelector('#picture canvas');"
        "const box = canvas.getBoundingClientRect(), at = {clientX: box.left + 150, clientY: box.top + 150, bubbles: true};"
        f"canvas.dispatchEvent(new MouseEvent('mousemove', at)); {FRAME}"
    )
    return browser.driver.execute_async_script(script) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path, sizes = page(Path(name))
        browser = Browser(Path(name))
        try:
            times = {"open the page": [opening(browser, path) for _ in range(given.repeats)]}
            for what, (before, after) in CHANGES.items():
                times[what] = [changing(browser, path, before, after) for _ in range(given.repeats)]
            times["point at a line"] = [pointing(browser, path) for _ in range(given.repeats)]
            version = browser.driver.capabilities["browserVersion"]
        finally:
            browser.driver.quit()
    lines = [
        "# The explorer at 200 languages, 8 models and 33 layers",
        "",
        f"Headless Chromium {version} without a GPU, {os.cpu_count()} cores ({platform.machine()}), "
        f"{given.repeats} repeats, load average {os.getloadavg()[0]:.0f}. All 1,600 lines are shown.",
        "Seconds from the start, or from the change, to the frame after the picture is drawn. `make bench-explorer`",
        "",
        "| step | median (s) | longest (s) |",
        "|---|---|---|",
        *(f"| {what} | {median(seconds):.2f} | {max(seconds):.2f} |" for what, seconds in times.items()),
        "",
        "| part | MB |",
        "|---|---|",
        *(f"| {part} | {size / 1e6:.2f} |" for part, size in sizes.items()),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    with atomic(given.out) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
