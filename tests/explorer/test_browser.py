"""Chromium works the page: by keys, by pointer, by address, at a phone's width; what it reads out is the table's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from browsing import Browser
from explorer.made import HOSTILE, SETTINGS, Made, records
from explorer.reading import csv, numbers, rounded, rows_of, words
from langgeom.explorer import render, write
from langgeom.explorer.pack import pack
from langgeom.pages.libraries import ECHARTS, read_library
from langgeom.table import write_rows


def note_of(browser: Browser) -> tuple[str, str, list[float]]:
    """Return the note's head, the language, and its numbers: value, low, high, n."""
    assert browser.get("note").is_displayed()
    head, name, *rest = (part.text for part in browser.get("note").find_elements("tag name", "p"))
    return head, name, numbers(" ".join(rest))


def test_keys_move_what_is_pointed_at_and_its_numbers_are_the_table_s(browser: Browser, made: Made) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(made.page, "models=gemma-3-270m,minilm-l6&metric=id_twonn/token")
    picture = browser.get("picture")
    rows = rows_of(made, "id_twonn").set_index(["model", "layer"]).sort_index()
    labels = {"eng_Latn": "English", "tha_Thai": "Thai", "uig_Arab": "Uyghur (Arab)", "uig_Latn": "Uyghur (Latn)"}

    def expect(model: str, layer: int, rank: int) -> None:
        """Pointed at must be the text of this rank from below among the values of the layer."""
        order = rows.loc[(model, layer)].dropna(subset="value").sort_values("value", ignore_index=True)
        wanted = order.iloc[min(rank, len(order) - 1)]
        head, name, found = note_of(browser)
        assert head == f"{model}, layer {layer}" and name == labels.get(wanted["text"], name)
        assert found == [rounded(wanted[part]) for part in ("value", "low", "high")] + [wanted["n"]]
        assert browser.get("spoken").get_attribute("textContent").startswith(f"{head}; {name}; ")

    def rank_of(model: str, layer: int, value: float) -> int:
        return int((rows.loc[(model, layer), "value"].map(rounded) < value).sum())

    picture.send_keys(Keys.ARROW_RIGHT)
    expect("gemma-3-270m", 9, 0)
    for key, rank in ((Keys.ARROW_UP, 1), (Keys.ARROW_UP, 2), (Keys.ARROW_DOWN, 1), (Keys.ARROW_DOWN, 0), (Keys.ARROW_DOWN, 0)):
        picture.send_keys(key)
        expect("gemma-3-270m", 9, rank)
    for keys, model, layer in (
        ((Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT), "gemma-3-270m", 10),
        ((Keys.HOME,), "gemma-3-270m", 0),
        ((Keys.PAGE_DOWN, Keys.END), "minilm-l6", 6),
    ):
        language = note_of(browser)[1]
        picture.send_keys(*keys)
        expect(model, layer, rank_of(model, layer, note_of(browser)[2][0]))
        assert note_of(browser)[1] == language
    picture.send_keys(Keys.ENTER)
    marked = browser.state().partition("marked=")[2]
    row = rows.loc[("minilm-l6", 6)].set_index("text").loc[marked]
    assert note_of(browser)[2][0] == rounded(row["value"])
    picture.send_keys(Keys.ESCAPE)
    assert not browser.get("note").is_displayed()


def test_the_pointer_finds_the_nearest_marks_it_and_drags_out_layers(browser: Browser, made: Made) -> None:
    from selenium.webdriver import ActionChains

    browser.open(made.page, "models=minilm-l6&metric=anisotropy/token")
    rows = rows_of(made, "anisotropy").query("model == 'minilm-l6'").set_index(["text", "layer"])["value"]
    chart = browser.driver.find_element("class name", "chart")
    middle = chart.size["width"] / 2, chart.size["height"] / 2

    def move(text: str, layer: float) -> ActionChains:
        at = "return echarts.getInstanceByDom(arguments[0]).convertToPixel({gridIndex: 0}, arguments[1])"
        x, y = browser.js(at, chart, [layer, rows[text, round(layer)]])
        actions = ActionChains(browser.driver, duration=50)
        return actions.move_to_element_with_offset(chart, round(x - middle[0]), round(y - middle[1]))

    top = rows.xs(4, level="layer").idxmax()
    move(top, 4.2).perform()
    head, _, found = note_of(browser)
    assert head == "minilm-l6, layer 4" and found[0] == rounded(rows[top, 4])
    move(top, 4).click().perform()
    assert browser.state().endswith(f"marked={top}")
    move(top, 4).click().perform()
    assert "marked" not in browser.state()
    move(top, 2).click_and_hold().perform()
    move(top, 5).release().perform()
    assert "layers=2-5" in browser.state() and browser.get("layers").get_attribute("value") == "2-5"


def test_the_state_stands_in_the_address(browser: Browser, made: Made) -> None:
    browser.new_tab()
    browser.open(made.page)
    seen = (
        "return [location.hash.slice(1), document.getElementById('metric').value, document.getElementById('legend').innerText]"
    )
    states = [browser.js(seen)]
    for name, value in (("metric", "kl_mean/sentence"), ("colour", "script"), ("intervals", "all")):
        browser.choose(name, value)
        states.append(browser.js(seen))
    assert states[-1][0] == "metric=kl_mean%2Fsentence&colour=script&intervals=all"
    for place in (2, 1, 0):
        browser.go(-1)
        assert browser.js(seen) == states[place]
    browser.go(1)
    assert browser.js(seen) == states[1]
    browser.open(made.page, states[-1][0])
    assert browser.js(seen) == states[-1]


@pytest.mark.parametrize("state", ["metric=none&models=&x", "models=%E0%A4%A", "__proto__=1&view=<b>&marked=-", "texts=,,&=&&"])
def test_an_address_that_means_nothing_still_opens(browser: Browser, made: Made, state: str) -> None:
    browser.open(made.page, state)
    assert browser.get("tab-layers").is_displayed() and browser.get("metric").get_attribute("value") == "id_microscope/token"


def test_all_can_be_reached_and_worked_by_keys(browser: Browser, made: Made) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.open(made.page)
    reached, focused = set(), "const e = document.activeElement; return e.id || e.closest('[id]')?.id || e.tagName"
    for _ in range(45):
        ActionChains(browser.driver, duration=0).send_keys(Keys.TAB).perform()
        reached.add(browser.js(focused))
        style = browser.js(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "return e === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)"
        )
        assert style, browser.js(focused)
    controls = "metric beside layers find minus colour intervals scale axes models reset save-svg save-csv legend picture"
    assert set(controls.split()) <= reached
    views = [tab.text for tab in browser.get("views").find_elements("tag name", "button")]
    assert views == ["Layers", "Heatmap", "Scatter", "Map", "Table", "Correlations", "Sentences", "Tokens"]
    for view, after in zip(views, [*views[1:], views[-1]], strict=True):
        browser.get(f"tab-{view.lower()}").send_keys(Keys.ARROW_RIGHT)
        assert browser.state() == f"view={after.lower()}"
    browser.get("tab-sentences").send_keys(Keys.ARROW_LEFT)
    browser.get("metric").send_keys("KL")
    assert "metric=kl_" in browser.state()


def test_a_phone_s_width_is_enough(browser: Browser, made: Made) -> None:
    for view in ("layers", "heatmap", "scatter", "map", "table", "correlations", "sentences"):
        browser.open(made.page, f"view={view}&marked=uig_Arab,uig_Latn", width=375)
        assert not browser.js("return document.getElementById('panel').open")
        browser.js("document.getElementById('panel').open = true")
        assert browser.js("return document.documentElement.scrollWidth") == 375
        wide = browser.js(
            "return [...document.querySelectorAll('button, select, input, canvas, h1, li p')].filter((e) => e.offsetParent && "
            "!e.closest('table') && e.getBoundingClientRect().right > 375.5).map((e) => e.id || e.textContent)"
        )
        assert wide == []


def test_dark_follows_the_system_and_files_and_paper_are_light(browser: Browser, made: Made) -> None:
    def emulate(scheme: str, media: str = "") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features, "media": media})

    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    try:
        emulate("dark")
        browser.open(made.page, "models=minilm-l6")
        dark = browser.js(ground)
        assert dark == "rgb(23, 26, 32)" and 'fill="#fff"' in (saved := browser.saved("svg")) and "#20242e" in saved
        assert browser.js(ground) == dark
        browser.js("dispatchEvent(new Event('beforeprint'))")
        assert browser.js(ground) == "rgb(255, 255, 255)"
        browser.js("dispatchEvent(new Event('afterprint'))")
        assert browser.js(ground) == dark
    finally:
        emulate("light")


def test_metrics_are_explained(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    for option in browser.js("return [...document.getElementById('metric').options].map((one) => one.value)"):
        browser.choose("metric", option)
        about = browser.js("return [...document.querySelectorAll('#about p')].map((one) => one.textContent)")
        assert len(about) >= 2 and min(map(len, about)) > 40, (option, about)
    assert browser.driver.find_element("link text", "Report").get_attribute("href").endswith("/report.html")


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
    about = browser.js(
        "return [...document.querySelectorAll('.cosine')].map((p) => [p.firstChild.textContent, p.lastChild.textContent])"
    )
    ends = rows["cosine"][::-1][:4].tolist() + rows["cosine"][:4].tolist()
    assert about == [[f"{value:.2f}".replace("-", "−"), f"line {line + 1}"] for value, line in zip(ends, wanted, strict=True)]
    assert browser.js("return document.querySelector('.cosine').clientHeight") < 60  # a minus sign stays with its number
    found = csv(browser.saved("csv"))
    assert found["line"].tolist() == [line + 1 for line in wanted]  # as the page counts lines
    assert found["sentence"].tolist() == [one[0][0] for one in shown]
    assert found["cosine"].tolist() == pytest.approx(rows.set_index("line").loc[wanted, "cosine"].tolist(), abs=6e-5)
    browser.choose("sentence_model", "minilm-l6")
    browser.choose("sentence_text", "tur_Latn")
    rows = made.aligned.query("model == 'minilm-l6' and text == 'tur_Latn'").sort_values("cosine")
    assert csv(browser.saved("csv"))["line"].tolist() == [line + 1 for line in (*rows["line"][::-1][:4], *rows["line"][:4])]


def test_tokens_are_shaded_by_their_local_dimension(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=tokens")
    for name, value in (("token_text", "arb_Arab"), ("depth", "2"), ("token_model", "minilm-l6")):
        browser.choose(name, value)
    rows = made.tokens.query("model == 'minilm-l6' and text == 'arb_Arab' and layer == 5").reset_index(drop=True)
    saved = csv(browser.saved("csv"))
    assert set(saved["layer"]) == {5} and saved["place"].tolist() == rows["place"].tolist()
    assert saved["line"].tolist() == (rows["line"] + 1).tolist()
    np.testing.assert_array_equal(saved["dimension"], rows["dimension"].map("{:.2g}".format).astype(float))
    for line, some in saved.groupby("line"):
        assert "".join(some["token"].fillna("")) == made.lines["udhr", "arb_Arab"][line - 1]
    shown = browser.js(
        "return [...document.querySelectorAll('.tokens li')].map((li) => [...li.querySelectorAll('.sentence .token')]"
        ".map((span) => [span.textContent, span.title, parseFloat((span.style.background.match(/([\\d.]+)%/) ?? [])[1])]))"
    )
    flat = [token for sentence in shown for token in sentence]
    assert [token for token, *_ in flat] == saved["token"].fillna("").tolist()
    assert [float(title or "nan") for _, title, _ in flat] == pytest.approx(saved["dimension"].tolist(), nan_ok=True)
    seen = sorted((float(title), share) for _, title, share in flat if title)
    assert seen[0][1] == 8 and seen[-1][1] == 48 and [share for _, share in seen] == sorted(share for _, share in seen)
    lowest, highest = (part.text for part in browser.driver.find_elements("css selector", ".tokens li:first-child .ends p"))
    first = sorted(float(title) for token, title, _ in shown[0] if title and token.strip())
    half = min(3, len(first) // 2)
    assert numbers(lowest)[-1] == first[half - 1] and numbers(highest)[-1] == first[-half]


def test_the_map_moves_with_the_layer_and_a_click_lists_the_nearest(browser: Browser, made: Made) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.open(made.page, "models=gemma-3-270m,minilm-l6")
    browser.get("tab-map").click()
    slider = browser.get("step")
    assert slider.get_attribute("aria-valuetext") == "layer 9, 3" and not browser.get("numbers").is_displayed()
    slider.send_keys(Keys.ARROW_RIGHT)
    assert slider.get_attribute("aria-valuetext") == "layer 18, 6" and "view=map&step=2" in browser.state()
    facts = browser.js("return JSON.parse(document.getElementById('facts').textContent)")
    labels = {text["text"]: text["label"] for text in facts["texts"]}
    saved = csv(browser.saved("csv")).set_index(["model", "text"])
    for model, layer in (("gemma-3-270m", 18), ("minilm-l6", 6)):
        drawn, rows = facts["maps"][model]["udhr"][2], saved.loc[model]
        assert set(rows["layer"]) == {layer} and set(rows["stress"]) == {drawn["stress"]} and set(rows["n"]) == {58}
        texts = [facts["texts"][place]["text"] for place in drawn["texts"]]
        np.testing.assert_array_equal(rows.loc[texts, ["x", "y"]].to_numpy().T, [drawn["x"], drawn["y"]])
    browser.choose("colour", "script")
    assert {"Latin", "Cyrillic"} <= set(browser.get("legend").text.splitlines())

    chart = browser.driver.find_element("class name", "chart")
    pixels = "const chart = echarts.getInstanceByDom(arguments[0]);"
    pixels += "return arguments[1].map((point) => chart.convertToPixel({gridIndex: 0}, point))"
    turkish = saved.loc[("gemma-3-270m", "tur_Latn"), ["x", "y"]].tolist()
    at, start, across, up = browser.js(pixels, chart, [turkish, [0, 0], [0.1, 0], [0, 0.1]])
    assert across[0] - start[0] == pytest.approx(start[1] - up[1])  # an angle is as long across as up
    x, y = (round(one - size / 2) for one, size in zip(at, (chart.size["width"], chart.size["height"]), strict=True))
    actions = ActionChains(browser.driver, duration=50).move_to_element_with_offset(chart, x, y)
    actions.perform()
    rows = made.pairs.query("model == 'gemma-3-270m' and layer == 18 and metric == 'cka'")
    both = pd.concat([rows, rows.rename(columns={"text": "other", "other": "text"})]).query("text == 'tur_Latn'")
    near = both.sort_values("value", ascending=False).head(10)
    ends = near[["value", "low", "high"]].round(4).to_numpy().tolist()
    assert note_of(browser) == ("gemma-3-270m, layer 18", "Turkish", [one for row in ends[:5] for one in row])
    actions.click().perform()
    assert browser.state() == "view=map&marked=tur_Latn&colour=script&step=2"
    table = browser.js("return [...document.querySelectorAll('#numbers tbody tr')].map((row) => row.innerText.split('\\t'))")
    assert [(row[0], numbers(row[1])) for row in table[:10]] == list(zip(near["other"].map(labels), ends, strict=True))
    assert {"stress 0.13, 58 sentences", "Turkish"} <= set(words(browser.saved("svg")))


def test_the_map_is_coloured_by_resources_and_tokens(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=map&colour=resource")
    assert browser.get("legend").text.splitlines() == ["class 1", "class 2", "class 3", "class 4", "class 5", "no class"]
    browser.choose("colour", "tokens")
    tokens = made.metrics.query("metric == 'token_premium' and text != 'eng_Latn'")["value"]
    shades = browser.get("legend").text.splitlines()
    assert numbers(shades[0])[0] == float(f"{tokens.min():.2g}") and shades[-1].endswith("as many tokens a sentence as English")
    assert numbers(shades[-1])[0] == float(f"{tokens.max():.2g}") and shades[-1] in words(browser.saved("svg"))
    fill = "const chart = echarts.getInstanceByDom(document.querySelector('.chart'));"
    fill += "return Object.fromEntries(chart.getOption().series[0].data.map((one) => [one.name, one.itemStyle.color]))"
    colours = browser.js(fill)
    own = (
        made.metrics.query("metric == 'token_premium' and model == 'gemma-3-270m'").set_index("text")["value"].drop("eng_Latn")
    )
    red = [int(colours[text][5:].split(",")[0]) for text in own.sort_values().index]
    assert red == sorted(red) and red[0] < 60 and red[-1] > 180


def test_names_and_sentences_are_text_whatever_they_hold(browser: Browser, library: Path, made: Made, tmp_path: Path) -> None:
    """Model, corpus, label and sentence all try to leave their place; the page shows them as they are."""
    metrics = made.metrics.query("model == 'minilm-l6'").assign(model=HOSTILE, corpus=HOSTILE)
    compared = made.pairs.query("model == 'minilm-l6'").assign(model=HOSTILE, corpus=HOSTILE)
    facts, blocks = pack(metrics, pairs=compared, reference="eng_Latn", first="id_microscope", final_norm=True)
    for text in facts["texts"]:
        text["label"] = f"{text['text']} {HOSTILE}"
    chosen = {"layer": 1, "of": 2, "best": [[0, 1.0]], "worst": [[1, 0.0]]}
    lines = {text: {"0": HOSTILE, "1": HOSTILE} for text in ("eng_Latn", "arb_Arab")}
    sentences = {"chosen": {HOSTILE: {HOSTILE: {"arb_Arab": chosen}}}, "lines": {HOSTILE: lines}}
    shaded = {"ends": {"0": [12, len(HOSTILE)]}, "dimensions": {"1": {"0": [5.0, None]}}}
    tokens = {"shown": {HOSTILE: {HOSTILE: {"arb_Arab": shaded}}}, "lines": {HOSTILE: lines}}
    page = tmp_path / "hostile.html"
    write(page, facts, blocks, {"sentences": sentences, "tokens": tokens}, read_library(library, ECHARTS))
    browser.open(page, "marked=uig_Arab&colour=text")
    assert any(HOSTILE[:12] in text for text in words(browser.saved("svg")))
    assert set(csv(browser.saved("csv"))["model"]) == {HOSTILE}
    browser.get("picture").send_keys("\ue014")
    assert HOSTILE[:40] in browser.get("note").get_attribute("textContent")
    browser.get("tab-map").click()
    assert HOSTILE[:40] in browser.get("numbers").get_attribute("textContent")
    for view in ("heatmap", "scatter", "table", "correlations", "sentences"):
        browser.get(f"tab-{view}").click()
    assert browser.get("about").text == browser.get("empty").text == ""
    assert browser.js("return document.querySelector('.sentence').textContent") == HOSTILE
    browser.get("tab-tokens").click()
    assert browser.js("return document.querySelector('.sentence').textContent") == HOSTILE
    assert browser.js("return [window.hurt ?? null, document.querySelectorAll('img').length]") == [None, 0]


def test_a_single_text_without_the_other_tables_and_sentences_opens(
    browser: Browser, library: Path, made: Made, tmp_path: Path
) -> None:
    one = made.metrics.query("model == 'minilm-l6' and text == 'eng_Latn'")
    write_rows(records(one), tmp_path / "metrics.parquet")
    # With `sentences` 0 none is shown, and no file of a text is read.
    words_of: dict[str, Any] = {name: [made.page.parent / f"{name}.parquet"] for name in ("aligned", "tokens")}
    settings = SETTINGS | {"first": "id_twonn", "sentences": 0}
    render(tmp_path / "one.html", library, tmp_path / "metrics.parquet", **words_of, **settings)
    browser.open(tmp_path / "one.html")
    assert browser.get("metric").get_attribute("value") == "id_twonn/token"
    assert not browser.driver.find_elements("css selector", "#tab-sentences, #tab-tokens")
    assert not browser.get("corpus").is_displayed()
    assert "English" in words(browser.saved("svg"))
    browser.get("tab-scatter").click()
    assert "n = 1" in words(browser.saved("svg"))
    for view in ("heatmap", "table", "correlations", "map"):
        browser.get(f"tab-{view}").click()
    assert "pairs.layers" in browser.get("empty").text and not browser.get("step").is_displayed()
    browser.get("tab-table").click()
    browser.choose("metric", "bpc/text")
    browser.get("tab-layers").click()
    assert "one value for a text" in browser.get("empty").text
