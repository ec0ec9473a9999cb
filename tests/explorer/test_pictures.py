"""Chromium draws lines and scatters: each control changes what it names, and every number drawn is the table's."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, pearsonr

from browsing import Browser
from explorer.made import MODELS, Made
from explorer.reading import csv, number, rows_of, same, words


def test_the_saved_numbers_are_the_table_s(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    trained = [name for name in MODELS if "untrained" not in name]
    for metric, over in (("id_microscope", "token"), ("anisotropy", "sentence"), ("id_twonn", "token")):
        browser.choose("metric", f"{metric}/{over}")
        found = csv(browser.saved("csv"))
        assert set(found["metric"]) == {metric} and set(found["over"]) == {over}
        wanted = rows_of(made, metric, over)
        same(found, wanted[wanted["model"].isin(trained)], ["value", "low", "high", "n"])


def test_models_scripts_families_and_languages_choose_what_is_shown(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    seen = [browser.picture()]

    def shown() -> pd.DataFrame:
        seen.append(browser.picture())
        assert seen[-1] not in seen[:-1]
        return csv(browser.saved("csv"))[["model", "text", "script", "family"]].drop_duplicates()

    browser.check("models", "gemma-3-270m-untrained")
    assert set(shown()["model"]) == set(MODELS)
    browser.check("scripts", "Arab")
    assert set(shown()["script"]) == set(made.metrics["script"]) - {"Arab"}
    browser.check("families", "Turkic")
    left = shown()
    assert "Turkic" not in set(left["family"]) and "fin_Latn" in set(left["text"])
    browser.check("texts", "fin_Latn")
    assert set(shown()["text"]) == set(left["text"]) - {"fin_Latn"}
    assert browser.get("texts").find_element("class name", "count").text == "23 of 24"
    browser.get("scripts-none").click()
    assert browser.get("empty").is_displayed() and csv(browser.saved("csv")).empty
    browser.get("scripts-all").click()
    assert "uig_Arab" not in set(shown()["text"]) and "arb_Arab" in set(left["text"]) | {"arb_Arab"}
    browser.get("reset").click()
    assert browser.state() == "" and browser.picture() == seen[0]


def test_search_narrows_the_list_that_all_and_none_act_on(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    browser.js("document.getElementById('texts').open = true")
    browser.get("texts-search").send_keys("uyg")
    visible = "return [...document.querySelectorAll('#texts-list label')].filter((e) => !e.hidden).map((e) => e.textContent)"
    assert browser.js(visible) == ["Uyghur (Arab)", "Uyghur (Latn)"]
    browser.get("texts-none").click()
    assert browser.state() == "texts=-uig_Arab,uig_Latn"


def test_looks_intervals_joins_and_scales(browser: Browser, made: Made) -> None:
    browser.open(made.page, "models=gemma-3-270m")
    plain, first = browser.saved("svg"), browser.picture()
    assert "Arabic" in words(plain) and "Turkic" not in words(plain)
    browser.choose("colour", "family")
    by_family = browser.saved("svg")
    assert "Turkic" in words(by_family) and "Arabic" not in words(by_family)
    browser.choose("colour", "script")
    assert browser.picture() == first

    browser.choose("intervals", "all")
    filled = re.compile(r'fill="#[0-9A-Fa-f]{6}" opacity="0.05"')
    assert not filled.findall(plain) and len(filled.findall(browser.saved("svg"))) == made.metrics["text"].nunique()
    browser.choose("intervals", "marked")

    browser.get("joined").click()
    assert 'stroke="#6b7280"' not in plain and browser.saved("svg").count('stroke="#6b7280"') == 1
    browser.get("joined").click()
    browser.get("scale").click()
    assert "↑ Intrinsic dimension, log scale" in words(browser.saved("svg"))
    browser.get("scale").click()
    assert browser.picture() == first

    off = [text for text in words(plain) if text.startswith("Off scale")]
    layer0 = rows_of(made, "id_microscope").query("model == 'gemma-3-270m' and layer == 0")["value"]
    assert off == [f"Off scale: {len(layer0)} values, up to {float(np.float32(layer0.max())):.4g}."]
    browser.get("far").click()
    assert not [text for text in words(browser.saved("svg")) if text.startswith("Off scale")]


def test_one_scale_for_all_models_or_each_its_own(browser: Browser, made: Made) -> None:
    browser.open(made.page, "models=gemma-3-270m,minilm-l6&metric=anisotropy/token")
    same_scale = browser.saved("svg")
    browser.get("axes").click()
    ticks = [text for text in words(browser.saved("svg")) if re.fullmatch(r"0\.\d+", text)]
    before = [text for text in words(same_scale) if re.fullmatch(r"0\.\d+", text)]
    half = len(before) // 2
    assert before[:half] == before[half:] and sorted(ticks) != sorted(before)


def test_marked_languages_stand_out_and_are_named(browser: Browser, made: Made) -> None:
    browser.open(made.page, "models=minilm-l6")
    first = browser.picture()
    assert "Uyghur (Arab)" not in words(browser.saved("svg"))
    browser.open(made.page, "models=minilm-l6&marked=uig_Arab,tur_Latn")
    assert {"Uyghur (Arab)", "Turkish"} <= set(words(browser.saved("svg")))
    marks = browser.get("marks").find_elements("tag name", "button")
    assert [mark.text for mark in marks] == ["Turkish ×", "Uyghur (Arab) ×"]
    marks[0].click()
    assert browser.state() == "models=minilm-l6&marked=uig_Arab"
    browser.get("marks").find_element("tag name", "button").click()
    assert browser.picture() == first


@pytest.mark.parametrize(
    "x,y", [("text/characters_per_word", "id_twonn/token"), ("quality/retrieval/measured", "kl_mean/sentence")]
)
def test_scatter_has_the_tables_numbers_and_their_line(browser: Browser, made: Made, x: str, y: str) -> None:
    browser.open(made.page, f"view=scatter&models=gemma-3-270m&ylayer=5&x={x}&y={y}&scripts=-Hans")
    metric = rows_of(made, *y.split("/")).query("model == 'gemma-3-270m' and layer == 5 and script != 'Hans'")
    others = made.texts if x.startswith("text") else made.quality[made.quality["model"] == "gemma-3-270m"]
    wanted = metric.merge(others, on="text", suffixes=("", "_x")).dropna(subset="value")
    found = csv(browser.saved("csv")).set_index("text").loc[wanted["text"]]
    np.testing.assert_array_equal(found["x"].to_numpy(np.float32), wanted["value_x"].to_numpy(np.float32))
    np.testing.assert_array_equal(found["y"].to_numpy(np.float32), wanted["value"].to_numpy(np.float32))
    np.testing.assert_array_equal(found["y_low"].to_numpy(np.float32), wanted["low"].to_numpy(np.float32))
    xs, ys = (found[axis].astype(np.float32).to_numpy(np.float64) for axis in ("x", "y"))
    r = pearsonr(xs, ys)
    low, high = r.confidence_interval()
    note = next(text for text in words(browser.saved("svg")) if text.startswith("r = "))
    found_r, found_low, found_high, n, slope = map(number, re.findall(r"−?[\d.]+", note.replace(".,", ",")))
    assert found_r == pytest.approx(r.statistic, abs=6e-4)
    assert (found_low, found_high) == (pytest.approx(low, abs=6e-3), pytest.approx(high, abs=6e-3)) and n == len(wanted)

    assert slope == pytest.approx(linregress(xs, ys).slope, rel=6e-4)


def test_scatter_s_controls_change_the_picture(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=scatter")
    seen = [browser.picture()]
    choices = {"x": "anisotropy/token", "xlayer": "2", "y": "kl_mean/sentence", "ylayer": "last", "colour": "family"}
    for name, value in choices.items():
        browser.choose(name, value)
        seen.append(browser.picture())
    for name in ("joined", "scatter_axes"):
        browser.get(name).click()
        seen.append(browser.picture())
    browser.choose("intervals", "all")
    seen.append(browser.picture())
    assert len(set(seen)) == len(seen)
    assert "↑ KL to English (nats), last layer" in words(browser.saved("svg"))
    browser.choose("x", "text/characters_per_word")
    assert not browser.get("xlayer").is_enabled() and browser.get("ylayer").is_enabled()


def test_the_median_is_that_of_layers_1_and_up(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=scatter&models=minilm-l6&x=kl_mean/sentence&y=id_microscope/token")
    saved = csv(browser.saved("csv")).set_index("text")
    found, rows = saved["y"], rows_of(made, "id_microscope").query("model == 'minilm-l6' and layer > 0")
    wanted = rows.assign(value=rows["value"].astype(np.float32).astype(float)).groupby("text")["value"].median()
    assert found.to_dict() == pytest.approx(wanted.to_dict(), rel=1e-7)
    assert saved["y_n"].to_dict() == rows.groupby("text")["n"].min().to_dict()


def test_a_text_that_lacks_a_layer_has_no_median(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=scatter&models=minilm-l6&x=kl_mean/sentence&y=id_twonn/token")
    found = csv(browser.saved("csv")).set_index("text")["y"].dropna()
    assert set(found.index) == set(rows_of(made, "id_twonn")["text"]) - {"tha_Thai"}
