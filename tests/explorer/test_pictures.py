"""What the page computes and draws is what the tables say and what scipy gives; each control changes what it names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, pearsonr, spearmanr

from browsing import Browser
from explorer.made import MODELS, Made
from explorer.reading import csv, medians_of, numbers, rounded, rows_of, same, words

TRAINED = [name for name in MODELS if "untrained" not in name]
# The shapes of a chart: those of a type, with what the script reads of each.
SHAPES = """
const [place, type] = arguments, box = document.querySelectorAll('.chart')[place];
return echarts.getInstanceByDom(box).getZr().storage.getDisplayList(true).filter((e) => e.type === type && !e.ignore)
"""
PIXELS = "const chart = echarts.getInstanceByDom(document.querySelector('.chart'));"
PIXELS += "return arguments[0].map((point) => chart.convertToPixel({gridIndex: 0}, point))"


def shown(browser: Browser) -> pd.DataFrame:
    return csv(browser.saved("csv"))


def text_type(browser: Browser, name: str, value: str) -> None:
    browser.js(
        "const e = document.getElementById(arguments[0]); e.value = arguments[1]; e.dispatchEvent(new Event('change'))",
        name,
        value,
    )


def test_the_saved_numbers_are_the_table_s(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    for metric, over in (
        ("id_microscope", "token"),
        ("anisotropy", "sentence"),
        ("kl_mean", "sentence"),
        ("id_twonn", "token"),
    ):
        browser.choose("metric", f"{metric}/{over}")
        wanted = rows_of(made, metric, over).query("model in @TRAINED")
        same(shown(browser), wanted, ["value", "low", "high", "n"])
    browser.choose("beside", "anisotropy/token")
    assert set(shown(browser)["metric"]) == {"id_twonn", "anisotropy"}
    assert len(browser.driver.find_elements("class name", "chart")) == 2 * len(TRAINED)


def test_lines_lie_where_their_values_are(browser: Browser, made: Made) -> None:
    browser.open(made.page, "models=minilm-l6&metric=anisotropy/token&find=tur_Latn|uig_Arab")
    # Layers after the embedding settle the axis, so all of them are on it.
    lines = browser.js(
        SHAPES + ".map((e) => e.shape.points).filter((p) => p.length > 5).map((p) => p.slice(-6))", 0, "polyline"
    )
    rows = rows_of(made, "anisotropy").query("model == 'minilm-l6' and layer > 0").set_index("text")
    wanted = [browser.js(PIXELS, rows.loc[text, ["layer", "value"]].to_numpy().tolist()) for text in ("tur_Latn", "uig_Arab")]
    np.testing.assert_allclose(lines, wanted, atol=0.01)


def test_values_far_out_are_counted_not_drawn(browser: Browser, made: Made) -> None:
    browser.open(made.page, "models=minilm-l6")
    count = len(rows_of(made, "id_microscope").query("model == 'minilm-l6'"))
    assert any(f"24 of {count} values are off scale" in text for text in words(browser.saved("svg")))
    points = browser.js(SHAPES + ".map((e) => e.shape.points).filter((p) => p.length > 3).map((p) => p.length)", 0, "polyline")
    assert points == [6] * 24


def test_intervals_are_drawn_of_marked_or_all(browser: Browser, made: Made) -> None:
    bands = SHAPES + ".length"
    browser.open(made.page, "models=minilm-l6&metric=anisotropy/token&marked=uig_Arab")
    assert browser.js(bands, 0, "polygon") == 1
    browser.choose("intervals", "all")
    assert browser.js(bands, 0, "polygon") == 24
    browser.choose("intervals", "none")
    assert browser.js(bands, 0, "polygon") == 0


def test_models_the_filter_and_the_legend_choose_what_is_shown(browser: Browser, made: Made) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    browser.open(made.page)
    browser.check("models", "gemma-3-270m-untrained")
    assert set(shown(browser)["model"]) == set(MODELS)
    text_type(browser, "find", "turkic|^Finn")
    assert set(shown(browser)["family"]) == {"Turkic", "Uralic"} and set(shown(browser)["text"]) >= {"uig_Arab", "fin_Latn"}
    text_type(browser, "find", "^(?!.*Latn)")
    assert "Latn" not in set(shown(browser)["script"]) and "Arab" in set(shown(browser)["script"])
    text_type(browser, "find", "([")
    assert browser.state().endswith("find=%5E(%3F!.*Latn)") and not browser.js(
        "return document.getElementById('find').validity.valid"
    )
    browser.get("reset").click()
    assert browser.state() == ""

    def entry(name: str) -> Any:
        return next(one for one in browser.get("legend").find_elements("tag name", "button") if one.text == name)

    entry("Turkic").click()
    assert "Turkic" not in set(shown(browser)["family"]) and entry("Turkic").get_attribute("aria-pressed") == "false"
    entry("Turkic").click()
    for _ in range(2):  # alone, and all again
        ActionChains(browser.driver).key_down(Keys.SHIFT).click(entry("Turkic")).key_up(Keys.SHIFT).perform()
        alone = set(shown(browser)["family"])
        assert (alone == {"Turkic"}) == ("off=" in browser.state())
    browser.choose("colour", "script")
    entry("Arabic").click()
    assert "Arab" not in set(shown(browser)["script"])
    text_type(browser, "find", "nothing")
    assert "Nothing is left" in browser.get("empty").text and shown(browser).empty


def test_minus_the_reference(browser: Browser, made: Made) -> None:
    browser.open(made.page, "models=minilm-l6&metric=anisotropy/token&minus=yes")
    rows = rows_of(made, "anisotropy").query("model == 'minilm-l6'")
    english = rows[rows["text"] == "eng_Latn"].set_index("layer")["value"].astype(np.float32)
    wanted = rows.assign(value=rows["value"].astype(np.float32) - rows["layer"].map(english), low=np.nan, high=np.nan)
    found = shown(browser)
    both = wanted.merge(found, on=["text", "layer"])
    np.testing.assert_allclose(both["value_x"], both["value_y"], atol=1e-7)
    assert len(both) == len(found) and set(found["minus"]) == {"eng_Latn"} and found["low"].isna().all()
    # What is to the reference already stays as it is.
    browser.choose("metric", "kl_mean/sentence")
    same(shown(browser), rows_of(made, "kl_mean", "sentence").query("model == 'minilm-l6'"), ["value", "low"])


X_AND_Y = [
    ("text/characters_per_word", "id_twonn/token"),
    ("quality/retrieval/measured", "kl_mean/sentence"),
    ("anisotropy/token", "kl_padded/token"),
]


def interval(r: float, n: int, ranked: bool, level: float = 0.05) -> tuple[float, float]:
    """Fisher's z; of a rank correlation with Bonett and Wright's error."""
    half = norm.ppf(1 - level / 2) * np.sqrt((1 + r * r / 2 if ranked else 1) / (n - 3))
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


@pytest.mark.parametrize("x,y", X_AND_Y)
def test_scatter_has_the_tables_numbers_and_their_correlations(browser: Browser, made: Made, x: str, y: str) -> None:
    """The reference is no point where it would be compared with itself, so it is in no correlation."""
    model = "gemma-3-270m"
    browser.open(made.page, f"view=scatter&models={model}&layers=5&x={x}&metric={y}&off=Hans")
    at = "model == @model and script != 'Hans'"
    metric = rows_of(made, *y.split("/")).query(f"{at} and layer == 5")
    tables = {"text": made.texts, "quality": made.quality.query("model == @model")}
    others = tables.get(x.split("/")[0], rows_of(made, "anisotropy").query(f"{at} and layer == 5"))
    wanted = metric.merge(others, on="text", suffixes=("", "_x")).dropna(subset="value").set_index("text")
    found = shown(browser).set_index("text")
    assert set(found.index) == set(wanted.index) and ("eng_Latn" in found.index) == ("kl" not in y)
    for name, column in (("x", "value_x"), ("y", "value"), ("y_low", "low"), ("y_n", "n")):
        np.testing.assert_array_equal(found[name].to_numpy(np.float32), wanted.loc[found.index, column].to_numpy(np.float32))
    xs, ys = (found[axis].astype(np.float32).to_numpy(np.float64) for axis in ("x", "y"))
    r, rho, n = pearsonr(xs, ys).statistic, spearmanr(xs, ys).statistic, len(found)
    note = next(text for text in words(browser.saved("svg")) if text.startswith("r = "))
    expected = [r, *interval(r, n, False), rho, *interval(rho, n, True), n]
    assert numbers(note) == pytest.approx(expected, abs=0.0051)
    line = browser.js(SHAPES + ".map((e) => [...e.shape.points])", 0, "ec-polyline")
    ends = np.array([xs.min(), xs.max()])
    fitted = browser.js(PIXELS, np.column_stack([ends, np.polyval(np.polyfit(xs, ys, 1), ends)]).tolist())
    np.testing.assert_allclose(np.ravel(line), np.ravel(fitted), atol=0.5)


def test_a_median_needs_every_layer_after_the_embedding_from_enough_points(browser: Browser, made: Made) -> None:
    """As in figures: the text with 99 points at layer 3 has none; the 85 points of layer 0 do not count."""
    browser.open(made.page, "view=table&models=minilm-l6")
    rows = rows_of(made, "id_microscope").query("model == 'minilm-l6'")
    found = shown(browser).set_index("text")
    assert "hin_Deva" in found.index[found["value"].isna()]
    wanted = medians_of(rows, least=100)
    assert found["value"].dropna().to_dict() == pytest.approx(wanted.to_dict(), rel=1e-7)
    smallest = rows[rows["layer"] > 0].groupby("text")["n"].min()
    assert found["n"].dropna().to_dict() == smallest[wanted.index].to_dict()
    browser.choose("metric", "id_twonn/token")
    found = shown(browser).set_index("text")["value"].dropna()
    assert set(found.index) == set(rows["text"]) - {"tha_Thai"}
    text_type(browser, "layers", "1-2")
    between = rows_of(made, "id_twonn").query("model == 'minilm-l6' and layer in (1, 2)")
    assert shown(browser).set_index("text")["value"].to_dict() == pytest.approx(medians_of(between).to_dict(), rel=1e-7)
    text_type(browser, "layers", "last")
    last = rows_of(made, "id_twonn").query("model == 'minilm-l6' and layer == 6").dropna(subset="value").set_index("text")
    found = shown(browser).set_index("text").dropna(subset="value")
    assert found["high"].astype(np.float32).to_dict() == last["high"].astype(np.float32).to_dict()


def test_correlations_are_ranked_with_intervals_and_a_correction(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=correlations&metric=anisotropy/token&models=gemma-3-270m,minilm-l6&layers=2-4")
    found = shown(browser)
    rows = made.metrics[made.metrics["layer"].isin([2, 3, 4]) & (made.metrics["model"] == "minilm-l6")]
    quantities = {f"{metric}/{over}" for metric, over in zip(made.metrics["metric"], made.metrics["over"], strict=True)}
    assert set(found["quantity"]) == quantities - {"anisotropy/token"} | {
        "quality/retrieval/measured",
        "text/characters_per_word",
    }
    corrected = 0.05 / (len(set(found["quantity"])))
    anisotropy = medians_of(rows[(rows["metric"] == "anisotropy") & (rows["over"] == "token")])
    for metric, over in (("id_twonn", "token"), ("kl_mean", "sentence"), ("anisotropy", "sentence")):
        others = medians_of(rows[(rows["metric"] == metric) & (rows["over"] == over)])
        others = others.drop("eng_Latn") if "kl" in metric else others
        both = pd.concat([anisotropy, others], axis=1, join="inner").to_numpy()
        rho = spearmanr(both).statistic
        plain, (low, high) = (interval(rho, len(both), True, level) for level in (0.05, corrected))
        (row,) = found.query(f"model == 'minilm-l6' and quantity == '{metric}/{over}'").to_dict("records")
        assert [row["rho"], row["low"], row["high"]] == pytest.approx([rho, *plain], abs=1e-6)
        assert row["n"] == len(both) and row["after_correction"] == ("yes" if low * high > 0 else "no")
    first = found.query("model == 'gemma-3-270m'")
    first = first.assign(strength=np.arctanh(first["rho"]).abs() * np.sqrt(first["n"] - 3))
    names = browser.js("return [...document.querySelectorAll('#table tbody th')].map((e) => e.textContent)")
    assert len(names) == len(first) and names[0] == "Anisotropy, over sentences"
    strongest = first.sort_values("strength", ascending=False)["quantity"].iloc[0]
    browser.driver.find_element("css selector", "#table tbody button").click()
    assert f"x={strongest.replace('/', '%2F')}" in browser.state() and "view=scatter" in browser.state()


def test_the_table_sorts_by_its_heads(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=table&metric=anisotropy/token&layers=6&models=gemma-3-270m,minilm-l6")
    cells = "return [...document.querySelectorAll('#table tbody tr')].map((r) => r.cells[arguments[0]].textContent)"
    rows = rows_of(made, "anisotropy").query("layer == 6").set_index("text")

    def wanted(model: str) -> list[list[float]]:
        some = rows[rows["model"] == model].sort_values("value", ascending=False)
        return some[["value", "low", "high"]].map(rounded).to_numpy().tolist()

    assert [numbers(text) for text in browser.js(cells, 1)] == wanted("gemma-3-270m")
    for sort, reverse in (("descending", False), ("ascending", True)):
        head = browser.get("table").find_elements("css selector", "thead th")[2]
        head.find_element("tag name", "button").click()
        head = browser.get("table").find_elements("css selector", "thead th")[2]
        assert head.text.startswith("minilm-l6") and head.get_attribute("aria-sort") == sort
        found = [numbers(text) for text in browser.js(cells, 2)]
        assert found == (wanted("minilm-l6")[::-1] if reverse else wanted("minilm-l6"))
    browser.get("table").find_element("css selector", "thead button").click()
    names = browser.js(cells, 0)
    assert names == sorted(names)


def test_a_heat_map_has_a_cell_for_every_value(browser: Browser, made: Made) -> None:
    browser.open(made.page, "view=heatmap&models=minilm-l6&metric=id_twonn/token")
    rows = rows_of(made, "id_twonn").query("model == 'minilm-l6'").dropna(subset="value")
    cells = SHAPES + ".filter((e) => e.shape.rects).flatMap((e) => e.shape.rects.map((rect) => [e.style.fill, ...rect]))"
    found = pd.DataFrame(browser.js(cells, 0, "path"), columns=["fill", "left", "top", "wide", "tall"])
    assert len(found) == len(rows) == 24 * 7 - 4
    assert found["left"].nunique() == 7 and found["top"].nunique() == 24
    axis = "return echarts.getInstanceByDom(document.querySelector('.chart')).getOption().yAxis[0].data"
    assert browser.js(axis)[0] == "Arabic"  # Afro-Asiatic is the first family
    browser.choose("rows", "value")
    values = medians_of(rows).sort_values(ascending=False)
    labels = {
        text["text"]: text["label"] for text in browser.js("return JSON.parse(document.getElementById('facts').text).texts")
    }
    assert browser.js(axis) == [labels[text] for text in values.index] + ["Thai"]
    # Equal values have equal colours, and the highest has the last one.
    found = pd.DataFrame(browser.js(cells, 0, "path"), columns=found.columns)
    row = rows.set_index(["text", "layer"])["value"].idxmax()
    left, top = sorted(set(found["left"]))[row[1]], sorted(set(found["top"]))[list(values.index).index(row[0])]
    assert found[(found["left"] == left) & (found["top"] == top)]["fill"].tolist() == ["rgba(253,231,37,1)"]


def test_scales_are_shared_unless_that_flattens_a_panel(browser: Browser, made: Made) -> None:
    ends = "return [...document.querySelectorAll('.chart')].map((e) => echarts.getInstanceByDom(e).getOption().yAxis[0])"
    ends += ".map(({type, min, max}) => [type, min, max])"
    browser.open(made.page, "metric=id_twonn/token")
    first, second = browser.js(ends)
    assert first == second and first[0] == "value"
    browser.choose("axes", "own")
    first, second = browser.js(ends)
    assert first != second
    browser.choose("scale", "log")
    assert {axis[0] for axis in browser.js(ends)} == {"log"}
    browser.open(made.page, "metric=anisotropy/token")  # of gemma from 0.05 to 0.9, of minilm below 0.2
    assert len({str(axis) for axis in browser.js(ends)}) == 2


def test_zero_lies_at_the_lower_end_of_a_logarithmic_axis(browser: Browser, made: Made) -> None:
    browser.open(made.page, "metric=kl_mean/sentence&models=minilm-l6&find=fin_Latn")
    axis = browser.js("return echarts.getInstanceByDom(document.querySelector('.chart')).getOption().yAxis[0]")
    kind, low = axis["type"], axis["min"]
    assert kind == "log" and low < 1e-6
    (line,) = browser.js(SHAPES + ".map((e) => e.shape.points).filter((points) => points.length > 5)", 0, "polyline")
    at = rows_of(made, "kl_mean", "sentence").query("model == 'minilm-l6' and text == 'fin_Latn'").set_index("layer")["value"]
    wanted = [[layer, at[layer] or low] for layer in range(7)]
    np.testing.assert_allclose(line, browser.js(PIXELS, wanted), atol=0.01)
