"""Figure 4 and what it is made of: medians over layers, pairs of relatives, and the numbers drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from defaults import settings as defaults
from figures.drawn import draw, picture
from figures.synthetic import synthetic, synthetic_texts
from langgeom.analysis.layers import medians
from langgeom.analysis.pairs import related_texts
from langgeom.figures.drawing import Drawing
from langgeom.table import FINDINGS

NONE = pd.DataFrame(columns=list(FINDINGS.columns)).astype({"effect": str})
TRAINED = ["gemma-3-270m", "minilm-l6"]


def drawn(metrics: pd.DataFrame, texts: pd.DataFrame) -> tuple[Drawing, str]:
    drawing, words = draw("id_morphology", metrics, texts, NONE)
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


def test_the_numbers_are_the_tables() -> None:
    metrics, texts = synthetic(), synthetic_texts()
    drawing, words = drawn(metrics, texts)
    numbers = drawing.numbers
    assert set(numbers["shown"]) == {"text", "pair"} and set(numbers["model"]) == {"gemma-3-270m", "smollm2-135m", "minilm-l6"}
    values = medians(metrics, defaults().id, defaults()).set_index(["model", "text"])["value"]
    assert all(row.y == values[row.model, row.text] for row in numbers.itertuples())
    x = texts[texts["measure"] == "morphemes_per_word"].set_index("text")["value"].dropna()
    points = numbers[numbers["shown"] == "text"]
    assert set(points["text"]) == set(x.index) and len(points) == 3 * len(x)
    assert all(row.x == x[row.text] for row in points.itertuples())
    pairs = numbers[numbers["shown"] == "pair"]
    assert set(pairs["at"]) == {"ast_Latn spa_Latn", "bel_Cyrl rus_Cyrl", "crh_Latn tur_Latn"} and len(pairs) == 3 * 3 * 2
    mine = points[points["model"] == "minilm-l6"]
    r = f"r = {stats.pearsonr(mine['x'], mine['y']).statistic:.2f}".replace("-", "−")
    for said in (r, "Morphemes per word (Morfessor)", "Asturian – Spanish", "Uyghur (Arab)", "Not above: 4 texts"):
        assert said in words
    assert "Thai" not in words and "Chinese" not in words


def test_the_verdict_of_the_findings_stands_at_its_panel() -> None:
    rows = [("C4", "intrinsic dimension", "no evidence", 0.25), ("C5", "intrinsic dimension", "not testable", np.nan)]
    table = pd.DataFrame(rows, columns=["finding", "effect", "verdict", "p_adjusted"]).assign(model="minilm-l6", corpus="udhr")
    _, words = draw("id_morphology", synthetic(models=TRAINED), synthetic_texts(), table)
    assert words.count("C4: no evidence (p = 0.250)") == 1 and words.count("C5: not testable") == 1


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["eng_Latn", "fra_Latn"], {"text"}),
        (["zho_Hant", "yue_Hant"], {"pair"}),
        (["eng_Latn", "spa_Latn", "ast_Latn"], {"text", "pair"}),
        (["tha_Thai", "jpn_Jpan"], set()),
        ([], set()),
    ],
    ids=["no pair", "no words", "three languages", "neither", "nothing"],
)
def test_small_tables_draw_or_say_why_not(texts: list[str], shown: set[str]) -> None:
    drawing, said = drawn(synthetic(models=["minilm-l6"], texts=texts), synthetic_texts(texts))
    assert set(drawing.numbers.get("shown", [])) == shown
    assert ("Nothing to draw" in said) == (not shown)


def test_rows_of_a_corpus_that_has_no_measures_are_left_out() -> None:
    """A corpus of grammatical pairs is in the metrics alone."""
    pairs = synthetic(models=["minilm-l6"], texts=["eng_Latn", "eng_Latn_wrong"], corpus="grammar")
    metrics = pd.concat([synthetic(models=["minilm-l6"]), pairs], ignore_index=True)
    assert set(drawn(metrics, synthetic_texts())[0].numbers["corpus"]) == {"udhr"}


def test_two_corpora_and_many_languages_have_room() -> None:
    metrics = pd.concat([synthetic(models=TRAINED), synthetic(models=TRAINED, corpus="flores")], ignore_index=True)
    texts = pd.concat([synthetic_texts(), synthetic_texts(corpus="flores")], ignore_index=True)
    with picture("id_morphology", metrics, texts, NONE) as figure:
        assert len(figure.axes) == 8
        for axes in figure.axes:
            for text in [*axes.get_yticklabels(), axes.title, axes._left_title]:  # type: ignore[attr-defined]
                box = text.get_window_extent()
                assert box.width == 0 or (box.x0 >= 0 and box.x1 <= figure.bbox.x1)
