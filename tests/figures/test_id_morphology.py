"""Figure 4 and what it is made of: medians over layers, pairs of relatives, and the numbers drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from defaults import settings as defaults
from figures.drawn import draw, picture
from figures.synthetic import synthetic, synthetic_texts
from langgeom.analysis.layers import medians
from langgeom.analysis.pairs import related_texts
from langgeom.figures.catalogue import FIGURES
from langgeom.figures.drawing import Drawing, render
from langgeom.figures.id_morphology import mean_difference
from langgeom.table import TEXTS, write_rows

TRAINED = ["gemma-3-270m", "minilm-l6"]


def drawn(metrics: pd.DataFrame, texts: pd.DataFrame) -> tuple[Drawing, str]:
    drawing, words = draw("id_morphology", metrics, texts)
    return drawing, " ".join(words.split())


def test_relatives_pair_up_in_one_script() -> None:
    assert related_texts(["ast_Latn", "spa_Latn", "eng_Latn", "crh_Latn", "tur_Latn", "tuk_Latn", "tuk_Cyrl"]) == [
        ("ast_Latn", "spa_Latn"),
        ("crh_Latn", "tur_Latn"),
        ("tuk_Latn", "tur_Latn"),
    ]
    assert related_texts(["yue_Hant", "zho_Hans", "zho_Hant"]) == [("yue_Hant", "zho_Hant")]
    assert related_texts(["bel_Latn", "rus_Cyrl"]) == []
    # A standard variety, not its variants.
    assert related_texts(["oci_Latn_aran1260", "oci_Latn", "cat_Latn_vale1252", "cat_Latn"]) == [("oci_Latn", "cat_Latn")]


def pairs(values: list[float], relatives: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"value": values, "relative_value": 0.0, "relative": relatives})


def test_mean_difference_averages_pairs_of_one_relative_first() -> None:
    found = mean_difference(pairs([1.0, 3.0, 4.0, np.nan], ["hin", "hin", "spa", "rus"]))
    theirs = stats.ttest_1samp([2.0, 4.0], 0).confidence_interval()
    assert (found.mean, found.low, found.high, found.n) == pytest.approx((3.0, theirs.low, theirs.high, 2))
    one = mean_difference(pairs([1.0], ["spa"]))
    assert (one.mean, one.n) == (1.0, 1) and np.isnan(one.low) and np.isnan(one.high)
    assert mean_difference(pairs([], [])).n == 0


def test_the_numbers_are_the_tables() -> None:
    metrics, texts = synthetic(), synthetic_texts()
    drawing, _ = drawn(metrics, texts)
    numbers = drawing.numbers
    assert set(numbers["shown"]) == {"text", "pair", "fit", "mean difference"}
    assert set(numbers["model"]) == {"gemma-3-270m", "smollm2-135m", "minilm-l6"}
    values = medians(metrics, "id_microscope", defaults()).set_index(["model", "text"])["value"]
    x = texts[texts["measure"] == "morphemes_per_word"].set_index("text")["value"].dropna()
    points = numbers[(numbers["shown"] == "text") & (numbers["measure"] == "morphemes_per_word")]
    assert set(points["text"]) == set(x.index) and len(points) == 3 * len(x)
    for point in points.itertuples():
        assert (point.value, point.x) == (values[point.model, point.text], x[point.text])
    pairs = numbers[numbers["shown"] == "pair"]
    assert set(zip(pairs["text"], pairs["relative"], strict=True)) == {
        ("ast_Latn", "spa_Latn"), ("bel_Cyrl", "rus_Cyrl"), ("crh_Latn", "tur_Latn"),
    }  # fmt: skip
    for pair in pairs.itertuples():
        assert (pair.value, pair.relative_value) == (values[pair.model, pair.text], values[pair.model, pair.relative])
    fits = numbers[numbers["shown"] == "fit"].set_index(["model", "measure"])
    assert set(fits.index.get_level_values("measure")) == {"morphemes_per_word", "mattr"}
    mine = points[points["model"] == "minilm-l6"]
    theirs = stats.pearsonr(mine["x"], mine["value"])
    fit = fits.loc[("minilm-l6", "morphemes_per_word")]
    assert (fit["r"], fit["r_p"], fit["n"]) == pytest.approx((theirs.statistic, theirs.pvalue, len(x)))


def test_the_picture_says_what_it_shows() -> None:
    _, said = drawn(synthetic(), synthetic_texts())
    for words in ("Morphemes per word (Morfessor)", "Asturian – Spanish", "Uyghur (Arab)", "Low − high:", "n = 3", "ρ = ",
                  "Not above: 4 of 24 texts", "n counts texts, of 16 languages", "it has no interval"):  # fmt: skip
        assert words in said
    assert "Thai" not in said and "Chinese" not in said


def test_an_effect_planted_is_seen_and_low_resource_pairs_too() -> None:
    metrics, texts = synthetic(), synthetic_texts()
    x = texts[texts["measure"] == "morphemes_per_word"].set_index("text")["value"].fillna(1.5)
    low = {"ast_Latn", "bel_Cyrl", "crh_Latn"}
    relative = {"ast_Latn": "spa_Latn", "bel_Cyrl": "rus_Cyrl", "crh_Latn": "tur_Latn"}
    base = metrics["text"].map(lambda text: x[relative.get(text, text)])
    here = metrics["metric"] == "id_microscope"
    metrics.loc[here, "value"] = (60 - 20 * base + 2.0 * metrics["text"].isin(low))[here]
    numbers = drawn(metrics, texts)[0].numbers
    difference = numbers[numbers["shown"] == "mean difference"]
    assert difference["value"].to_numpy() == pytest.approx(2.0) and difference["low"].to_numpy() == pytest.approx(2.0)
    fits = numbers[(numbers["shown"] == "fit") & (numbers["measure"] == "morphemes_per_word")]
    assert (fits["r"] < -0.7).all() and (fits["r_p"] < 0.001).all()


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["eng_Latn", "fra_Latn"], {"text", "fit"}),
        (["zho_Hant", "yue_Hant"], {"pair", "mean difference"}),
        (["eng_Latn", "spa_Latn", "ast_Latn"], {"text", "fit", "pair", "mean difference"}),
        (["tha_Thai", "jpn_Jpan"], set()),
        ([], set()),
    ],
    ids=["no pair", "no words", "three languages", "neither", "nothing"],
)
def test_small_tables_draw_or_say_why_not(texts: list[str], shown: set[str]) -> None:
    drawing, said = drawn(synthetic(models=["minilm-l6"], texts=texts), synthetic_texts(texts))
    assert set(drawing.numbers["shown"]) == shown
    assert ("Nothing to draw" in said) == (not shown)


def test_rows_of_a_corpus_that_has_no_measures_are_left_out() -> None:
    """A corpus of grammatical pairs is in the metrics alone."""
    pairs = synthetic(models=["minilm-l6"], texts=["eng_Latn", "eng_Latn_wrong"], corpus="grammar")
    metrics = pd.concat([synthetic(models=["minilm-l6"]), pairs], ignore_index=True)
    assert set(drawn(metrics, synthetic_texts())[0].numbers["corpus"]) == {"udhr"}


def test_two_corpora_and_many_languages_have_room() -> None:
    metrics = pd.concat([synthetic(models=TRAINED), synthetic(models=TRAINED, corpus="flores")], ignore_index=True)
    texts = pd.concat([synthetic_texts(), synthetic_texts(corpus="flores")], ignore_index=True)
    with picture("id_morphology", metrics, texts) as figure:
        assert len(figure.axes) == 8
        for axes in figure.axes:
            for text in [*axes.get_yticklabels(), axes.title, axes._left_title]:  # type: ignore[attr-defined]
                box = text.get_window_extent()
                assert box.width == 0 or (box.x0 >= 0 and box.x1 <= figure.bbox.x1)


def test_rendered_by_its_number_the_same_bytes_twice(tmp_path: Path) -> None:
    assert FIGURES["id_morphology"].alias == "fig04" and FIGURES["id_morphology"].tables == ("metrics", "texts")
    tables = {
        "metrics": synthetic(models=TRAINED, texts=["eng_Latn", "spa_Latn", "ast_Latn", "tur_Latn"]),
        "texts": synthetic_texts(),
    }
    for name, table in tables.items():
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        write_rows(rows, tmp_path / name, *([TEXTS] if name == "texts" else []))
    outputs = [[tmp_path / f"{run}.{suffix}" for suffix in ("svg", "png", "csv")] for run in (1, 2)]
    for files in outputs:
        render("fig04", [tmp_path / "metrics", tmp_path / "texts"], defaults(), *files)
    assert [path.read_bytes() for path in outputs[0]] == [path.read_bytes() for path in outputs[1]]
