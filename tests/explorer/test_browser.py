"""Chromium looks at the page: each control changes what it names, and every number shown is the table's."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, pearsonr

from browsing import Browser
from explorer.made import HOSTILE, MODELS, Made, records
from langgeom.explorer import assemble
from langgeom.explorer.pack import pack
from langgeom.pages.libraries import D3, read_library
from langgeom.table import write_rows

SVG = "{http://www.w3.org/2000/svg}"
KEYS = ["model", "corpus", "text", "layer"]


def words(svg: str) -> list[str]:
    return [str(element.text) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def csv(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def same(found: pd.DataFrame, wanted: pd.DataFrame, columns: list[str]) -> None:
    both = wanted.merge(found, on=KEYS, suffixes=("", "_found"), how="outer", indicator=True)
    assert set(both["_merge"]) == {"both"}
    for column in columns:
        np.testing.assert_array_equal(both[column].to_numpy(np.float32), both[f"{column}_found"].to_numpy(np.float32))


def rows_of(made: Made, metric: str, over: str = "token") -> pd.DataFrame:
    rows = made.metrics[(made.metrics["metric"] == metric) & (made.metrics["over"] == over)]
    return rows[rows["layer"].notna()].astype({"layer": int, "n": int})


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


def test_the_mean_is_that_of_layers_1_and_up(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=scatter&models=minilm-l6&x=kl_mean/sentence&y=id_microscope/token")
    found = csv(browser.saved("csv")).set_index("text")["y"]
    rows = rows_of(made, "id_microscope").query("model == 'minilm-l6' and layer > 0")
    wanted = rows.assign(value=rows["value"].astype(np.float32).astype(float)).groupby("text")["value"].mean()
    assert found.to_dict() == pytest.approx(wanted.to_dict(), rel=1e-7)


def note_of(browser: Browser) -> tuple[str, list[str], list[list[float]]]:
    """Return the note's head, its names, and each name's numbers: value, low, high, n."""
    assert browser.get("note").is_displayed()
    head = browser.get("note").find_element("class name", "head").text
    names = [name.text for name in browser.get("note").find_elements("class name", "name")]
    lines = [line.text.replace(",", "") for line in browser.get("note").find_elements("class name", "number")]
    return head, names, [[number(part) for part in re.findall(r"−?\d+(?:\.\d+)?(?:e−?\d+)?", line)] for line in lines]


def test_keys_move_what_is_pointed_at_and_its_numbers_are_the_table_s(browser: Browser, made: Made) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(made.page, "models=gemma-3-270m,minilm-l6&marked=uig_Arab&metric=id_twonn/token")
    picture = browser.get("picture")
    rows = rows_of(made, "id_twonn").set_index(["model", "text", "layer"])

    def expect(model: str, text: str, layer: int) -> None:
        head, names, numbers = note_of(browser)
        assert head == f"{model} · Layer {layer}" and names == ["Uyghur (Arab)", "Uyghur (Latn)"]
        for one, found in zip((text, text.replace("Arab", "Latn")), numbers, strict=True):
            wanted = rows.loc[(model, one, layer), ["value", "low", "high"]].to_numpy(np.float32).astype(float)
            assert found[:3] == [float(f"{value:.4g}") for value in wanted]
            assert found[3] == rows.loc[(model, one, layer), "n"]
        assert browser.get("spoken").get_attribute("textContent").startswith(f"{model}; Layer {layer}; Uyghur (Arab): ")

    picture.send_keys(Keys.ARROW_RIGHT)
    expect("gemma-3-270m", "uig_Arab", 9)
    picture.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    expect("gemma-3-270m", "uig_Arab", 10)
    picture.send_keys(Keys.HOME)
    expect("gemma-3-270m", "uig_Arab", 0)
    picture.send_keys(Keys.PAGE_DOWN, Keys.END)
    expect("minilm-l6", "uig_Arab", 6)

    picture.send_keys(Keys.ARROW_UP)
    at = rows_of(made, "id_twonn").query("model == 'minilm-l6' and layer == 6").dropna(subset="value").sort_values("value")
    order = list(at["text"])
    above = at.set_index("text").loc[order[order.index("uig_Arab") + 1], "value"]
    assert note_of(browser)[2][0][0] == float(f"{np.float32(above):.4g}")
    picture.send_keys(Keys.ENTER)
    assert order[order.index("uig_Arab") + 1] in browser.state()
    picture.send_keys(Keys.ESCAPE)
    assert not browser.get("note").is_displayed()


def test_the_pointer_finds_the_nearest_line(browser: Browser, made: Made) -> None:
    from selenium.webdriver import ActionChains

    browser.open(made.page, "models=minilm-l6&metric=anisotropy/token")
    picture = browser.get("picture")
    size = picture.size
    blank = browser.js("return document.getElementById('over').toDataURL()")
    ActionChains(browser.driver, duration=50).move_to_element_with_offset(picture, 20, size["height"] // 6).perform()
    browser.driver.implicitly_wait(1)
    browser.get("note").find_element("class name", "head")
    head, _, numbers = note_of(browser)
    layer = int(head.rsplit(" ", 1)[1])
    rows = rows_of(made, "anisotropy").query(f"model == 'minilm-l6' and layer == {layer}")
    assert numbers[0][0] in {float(f"{np.float32(value):.4g}") for value in rows["value"]}
    assert browser.js("return document.getElementById('over').toDataURL()") != blank
    ActionChains(browser.driver, duration=50).click().perform()
    assert browser.state().count("marked=") == 1


def test_the_table_shows_the_layer_that_is_pointed_at(browser: Browser, made: Made) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(made.page, "models=minilm-l6&metric=anisotropy/token")
    browser.js("document.getElementById('values').open = true")
    browser.get("picture").send_keys(Keys.ARROW_RIGHT, Keys.END)
    assert browser.get("caption").text.endswith("layer 6")
    cells = browser.js("return [...document.querySelectorAll('#table tbody tr')].map((r) => r.cells[1].textContent)")
    wanted = rows_of(made, "anisotropy").query("model == 'minilm-l6' and layer == 6")
    found = [number(value.split()[0]) for value in cells]
    assert found == sorted((float(f"{np.float32(value):.4g}") for value in wanted["value"]), reverse=True)


def test_the_state_stands_in_the_address(browser: Browser, made: Made) -> None:
    browser.new_tab()
    browser.open(made.page)
    states, pictures = [browser.state()], [browser.picture()]
    for name, value in (("metric", "kl_mean/sentence"), ("colour", "family"), ("intervals", "all")):
        browser.choose(name, value)
        states.append(browser.state())
        pictures.append(browser.picture())
    browser.check("scripts", "Latn")
    states.append(browser.state())
    pictures.append(browser.picture())
    assert states[-1] == "metric=kl_mean%2Fsentence&scripts=-Latn&colour=family&intervals=all"
    for place in (3, 2, 1, 0):
        browser.go(-1)
        assert (browser.state(), browser.picture()) == (states[place], pictures[place])
    browser.go(1)
    assert browser.picture() == pictures[1] and browser.get("metric").get_attribute("value") == "kl_mean/sentence"
    browser.open(made.page, states[-1])
    assert browser.picture() == pictures[-1]


@pytest.mark.parametrize("state", ["metric=none&models=&x", "models=%E0%A4%A", "__proto__=1&view=<b>&marked=-", "texts=,,&=&&"])
def test_an_address_that_means_nothing_still_opens(browser: Browser, made: Made, state: str) -> None:
    browser.open(made.page, state)
    assert browser.get("picture").is_displayed()


def test_all_can_be_reached_and_worked_by_keys(browser: Browser, made: Made) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.open(made.page)
    browser.js("for (const d of document.querySelectorAll('details')) d.open = true")
    reached, focused = set(), "const e = document.activeElement; return e.id || e.closest('[id]')?.id || e.tagName"
    for _ in range(60):
        ActionChains(browser.driver, duration=0).send_keys(Keys.TAB).perform()
        reached.add(browser.js(focused))
        style = browser.js(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "return e === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)"
        )
        assert style, browser.js(focused)
    controls = "metric colour intervals joined scale far axes reset save-svg save-csv picture skip models-list texts-list"
    assert set(controls.split()) <= reached
    assert {f"{name}-{end}" for name in ("models", "texts", "scripts", "families") for end in ("all", "none")} <= reached

    browser.get("tab-layers").send_keys(Keys.ARROW_RIGHT)
    assert browser.state() == "view=scatter"
    browser.get("tab-scatter").send_keys(Keys.ARROW_LEFT)
    first = browser.js("return document.querySelector('#scripts-list input').value")
    browser.js("document.querySelector('#scripts-list input').focus()")
    ActionChains(browser.driver, duration=0).send_keys(Keys.SPACE, Keys.ARROW_DOWN, Keys.SPACE).perform()
    excluded = browser.state().removeprefix("scripts=-").split(",")
    assert len(excluded) == 2 and excluded[0] == first
    browser.get("metric").send_keys("KL")
    assert "metric=kl_" in browser.state()


def test_a_phone_s_width_is_enough(browser: Browser, made: Made) -> None:
    for view in ("layers", "scatter", "sentences"):
        browser.open(made.page, f"view={view}&marked=uig_Arab,uig_Latn", width=375)
        assert not browser.js("return document.getElementById('panel').open")
        browser.js("for (const d of document.querySelectorAll('details')) d.open = true")
        assert browser.js("return document.documentElement.scrollWidth") == 375
        wide = browser.js(
            "return [...document.querySelectorAll('button, select, canvas, h1, li p')].filter((e) => e.offsetParent && "
            "e.getBoundingClientRect().right > 375.5).map((e) => e.id || e.textContent)"
        )
        assert wide == []


def test_sentences_are_the_corpus_s_in_their_direction(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=sentences&sentence_text=arb_Arab")
    assert not browser.get("picture").is_displayed() and not browser.get("save-svg").is_displayed()
    shown = browser.js(
        "return [...document.querySelectorAll('.sentences li')].map((li) => [...li.querySelectorAll('p')].slice(1)"
        ".map((p) => [p.textContent, p.dir, p.lang]))"
    )
    rows = made.aligned.query("model == 'gemma-3-270m' and text == 'arb_Arab'").sort_values("cosine")
    wanted = [*rows["line"][::-1][:4], *rows["line"][:4]]
    assert [one[0] for one in shown] == [[made.lines["udhr", "arb_Arab"][line], "rtl", "arb-Arab"] for line in wanted]
    assert [one[1] for one in shown] == [[made.lines["udhr", "eng_Latn"][line], "ltr", "eng-Latn"] for line in wanted]
    found = csv(browser.saved("csv"))
    assert found["line"].tolist() == wanted and found["sentence"].tolist() == [one[0][0] for one in shown]
    assert found["cosine"].tolist() == pytest.approx(rows.set_index("line").loc[wanted, "cosine"].tolist(), abs=6e-5)
    browser.choose("sentence_model", "minilm-l6")
    browser.choose("sentence_text", "tur_Latn")
    rows = made.aligned.query("model == 'minilm-l6' and text == 'tur_Latn'").sort_values("cosine")
    assert csv(browser.saved("csv"))["line"].tolist() == [*rows["line"][::-1][:4], *rows["line"][:4]]


def test_names_and_sentences_are_text_whatever_they_hold(browser: Browser, library: Path, made: Made, tmp_path: Path) -> None:
    """Model, corpus, label and sentence all try to leave their place; the page shows them as they are."""
    metrics = made.metrics.query("model == 'minilm-l6'").assign(model=HOSTILE, corpus=HOSTILE)
    packed = pack(metrics)
    for text in packed.facts["texts"]:
        text["label"] = f"{text['text']} {HOSTILE}"
    chosen = {"layer": 1, "of": 2, "best": [[0, 1.0]], "worst": [[1, 0.0]]}
    lines = {text: {"0": HOSTILE, "1": HOSTILE} for text in ("eng_Latn", "arb_Arab")}
    sentences = {"chosen": {HOSTILE: {HOSTILE: {"arb_Arab": chosen}}}, "lines": {HOSTILE: lines}}
    page = tmp_path / "hostile.html"
    page.write_text(assemble(packed.facts, packed.blocks, sentences, read_library(library, D3)), encoding="utf-8")
    browser.open(page, "marked=uig_Arab")
    assert any(HOSTILE[:12] in text for text in words(browser.saved("svg")))
    assert set(csv(browser.saved("csv"))["model"]) == {HOSTILE}
    browser.get("picture").send_keys("\ue014")
    assert HOSTILE[:40] in browser.get("note").get_attribute("textContent")
    browser.get("tab-sentences").click()
    assert browser.js("return document.querySelector('.sentence').textContent") == HOSTILE
    assert browser.js("return [window.hurt ?? null, document.querySelectorAll('img').length]") == [None, 0]


def test_a_single_text_without_the_other_tables_opens(browser: Browser, library: Path, made: Made, tmp_path: Path) -> None:
    from langgeom.explorer import render

    one = made.metrics.query("model == 'minilm-l6' and text == 'eng_Latn'")
    write_rows(records(one), tmp_path / "metrics.parquet")
    render(tmp_path / "one.html", library, tmp_path / "metrics.parquet")
    browser.open(tmp_path / "one.html")
    assert not browser.get("tab-sentences").is_displayed() and not browser.get("corpus").is_displayed()
    assert "English" in words(browser.saved("svg"))
    browser.get("tab-scatter").click()
    assert "n = 1" in words(browser.saved("svg"))
