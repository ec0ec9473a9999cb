"""What lies behind the distances: the numbers are those of the regression, of the texts that comparisons keep."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from defaults import settings as defaults
from figures.drawn import draw
from langgeom.analysis.behind import differences, families, regression
from langgeom.figures.drawing import render
from langgeom.table import METRICS, PAIRS, write_rows

# In the table's order; Malay has no resource class, and Thai has more fragments than comparisons allow.
TEXTS = [
    "arb_Arab", "ast_Latn", "azj_Cyrl", "azj_Latn", "bel_Cyrl", "cmn_Hans", "eng_Latn", "fin_Latn", "hin_Deva", "jpn_Jpan",
    "rus_Cyrl", "spa_Latn", "swh_Latn", "tha_Thai", "tur_Latn", "uig_Arab", "zlm_Latn",
]  # fmt: skip
KEPT = [text for text in TEXTS if text not in ("tha_Thai", "zlm_Latn")]
TOKENS = np.linspace(1, 2, len(TEXTS)).tolist()


def tables(texts: list[str] = TEXTS, layers: tuple[int, ...] = (0, 6)) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return pairs whose angles are the genealogy's distances and a little noise, and the tokens of the texts."""
    base = dict(model="m", kind="encoder", init="trained", corpus="udhr")
    angles, random = 0.3 + differences(TEXTS, TOKENS)["genealogy"], np.random.default_rng(0)
    pairs = [
        base | dict(layer=layer, text=a, other=b, metric="cka", n=58)
        | dict(value=float(np.cos(angles[TEXTS.index(a), TEXTS.index(b)] + 0.1 * random.normal())))
        for layer in layers for a, b in combinations(texts, 2)
    ]  # fmt: skip
    rows = [
        base | dict(text=text, lang=text[:3], script=text[4:], metric=metric, over="text", n=58, value=value)
        for text, premium in zip(TEXTS, TOKENS, strict=True)
        for metric, value in (("token_premium", premium), ("fragment_tokens", 0.2 * (text == "tha_Thai")))
    ]
    return tuple(
        pd.DataFrame({key: pd.Series([row.get(key) for row in some], dtype=of) for key, of in fmt.columns.items()})
        for some, fmt in ((pairs, PAIRS), (rows, METRICS))
    )  # type: ignore[return-value]


def test_the_numbers_are_those_of_the_regression_on_the_texts_that_are_kept() -> None:
    pairs, metrics = tables()
    drawing, words = draw("behind", pairs, metrics)
    numbers = drawing.numbers
    assert set(numbers["texts"]) == {15} and set(numbers["languages"]) == {14} and set(numbers["layer"]) == {0, 6}
    angles = np.zeros((len(KEPT),) * 2)
    for row in pairs[pairs["layer"] == 6].itertuples():
        if row.text in KEPT and row.other in KEPT:
            a, b = KEPT.index(row.text), KEPT.index(row.other)
            angles[a, b] = angles[b, a] = np.arccos(row.value)
    by = differences(KEPT, [TOKENS[TEXTS.index(text)] for text in KEPT])
    wanted = regression(angles, by, [families(KEPT), [text[:3] for text in KEPT]])
    found = numbers[numbers["layer"] == 6].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[wanted.columns], wanted, check_dtype=False)
    kin = found.set_index("predictor").loc["genealogy"]
    assert kin["value"] == found["value"].max() and kin["low"] > 0 and kin["unique"] > 0.5
    assert f"R² of all, by layer: {numbers['r2'].iloc[0]:.2f}, {wanted['r2'].iloc[0]:.2f}" in words
    assert found["p"].isna().tolist() == [True, *[False] * 5]  # one pair is of one language
    assert "genealogy 0" in words and "(15 texts)" in words


def test_the_means_have_a_figure_of_their_own() -> None:
    pairs, metrics = tables(layers=(6,))
    means = pairs.assign(metric="centroid_cosine", value=-pairs["value"])
    numbers = draw("behind_centroids", pd.concat([pairs, means], ignore_index=True), metrics)[0].numbers
    kin = numbers.set_index("predictor").loc["genealogy"]
    assert kin["metric"] == "centroid_cosine" and kin["value"] < 0 and kin["high"] < 0


def test_too_few_languages_are_an_empty_figure_that_says_so() -> None:
    assert "12 languages" in draw("behind", *tables(TEXTS[:10]))[0].reason
    assert "m has 9" in draw("behind", *tables(TEXTS[:10]))[0].reason
    pairs, metrics = tables()
    without = draw("behind", pairs, metrics[metrics["metric"] != "token_premium"])[0]
    assert "token_premium" in without.reason and without.numbers.empty
    assert "pairs.layers" in draw("behind", pairs.head(0), metrics)[0].reason


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    files = []
    for fmt, table in zip((PAIRS, METRICS), tables(layers=(0,)), strict=True):
        files.append(tmp_path / f"{fmt.name}.parquet")
        write_rows(table.astype(object).where(table.notna(), None).to_dict("records"), files[-1], fmt)
    drawn = []
    for again in ("a", "b"):
        paths = [tmp_path / f"{again}.{kind}" for kind in ("svg", "png", "csv")]
        render("behind", files, defaults(), *paths)
        drawn.append([path.read_bytes() for path in paths])
    assert drawn[0] == drawn[1]
