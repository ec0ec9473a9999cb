"""Chromium works the page: by keys, by pointer, by address, at a phone's width; what it reads out is the table's."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from browsing import Browser
from explorer.made import HOSTILE, SETTINGS, Made, records
from explorer.reading import csv, number, rows_of, words
from langgeom.explorer import render, write
from langgeom.explorer.pack import pack
from langgeom.pages.libraries import D3, read_library
from langgeom.table import write_rows


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
    assert found["line"].tolist() == [line + 1 for line in wanted]  # as the page counts lines
    assert found["sentence"].tolist() == [one[0][0] for one in shown]
    assert found["cosine"].tolist() == pytest.approx(rows.set_index("line").loc[wanted, "cosine"].tolist(), abs=6e-5)
    browser.choose("sentence_model", "minilm-l6")
    browser.choose("sentence_text", "tur_Latn")
    rows = made.aligned.query("model == 'minilm-l6' and text == 'tur_Latn'").sort_values("cosine")
    assert csv(browser.saved("csv"))["line"].tolist() == [line + 1 for line in (*rows["line"][::-1][:4], *rows["line"][:4])]


def test_names_and_sentences_are_text_whatever_they_hold(browser: Browser, library: Path, made: Made, tmp_path: Path) -> None:
    """Model, corpus, label and sentence all try to leave their place; the page shows them as they are."""
    metrics = made.metrics.query("model == 'minilm-l6'").assign(model=HOSTILE, corpus=HOSTILE)
    facts, blocks = pack(metrics)
    for text in facts["texts"]:
        text["label"] = f"{text['text']} {HOSTILE}"
    chosen = {"layer": 1, "of": 2, "best": [[0, 1.0]], "worst": [[1, 0.0]]}
    lines = {text: {"0": HOSTILE, "1": HOSTILE} for text in ("eng_Latn", "arb_Arab")}
    sentences = {"chosen": {HOSTILE: {HOSTILE: {"arb_Arab": chosen}}}, "lines": {HOSTILE: lines}}
    page = tmp_path / "hostile.html"
    write(page, facts, blocks, sentences, read_library(library, D3))
    browser.open(page, "marked=uig_Arab")
    assert any(HOSTILE[:12] in text for text in words(browser.saved("svg")))
    assert set(csv(browser.saved("csv"))["model"]) == {HOSTILE}
    browser.get("picture").send_keys("\ue014")
    assert HOSTILE[:40] in browser.get("note").get_attribute("textContent")
    browser.get("tab-sentences").click()
    assert browser.js("return document.querySelector('.sentence').textContent") == HOSTILE
    assert browser.js("return [window.hurt ?? null, document.querySelectorAll('img').length]") == [None, 0]


def test_a_single_text_without_the_other_tables_opens(browser: Browser, library: Path, made: Made, tmp_path: Path) -> None:
    one = made.metrics.query("model == 'minilm-l6' and text == 'eng_Latn'")
    write_rows(records(one), tmp_path / "metrics.parquet")
    render(tmp_path / "one.html", library, tmp_path / "metrics.parquet", **(SETTINGS | {"first": "id_twonn"}))
    browser.open(tmp_path / "one.html")
    assert browser.js("return document.querySelector('[name=metric], #metric').value") == "id_twonn/token"
    assert not browser.get("tab-sentences").is_displayed() and not browser.get("corpus").is_displayed()
    assert "English" in words(browser.saved("svg"))
    browser.get("tab-scatter").click()
    assert "n = 1" in words(browser.saved("svg"))
