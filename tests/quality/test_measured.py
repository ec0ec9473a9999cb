"""Quality measured on the corpus: the layer is the one that is best for all languages together, the numbers are the table's."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from langgeom.quality.measured import best_layers, measured
from langgeom.table import METRICS


def row(**changes: Any) -> dict[str, Any]:
    base = dict(model="m", kind="decoder", init="trained", corpus="c", text="fra_Latn", lang="fra", script="Latn")
    return base | dict(layer=0, metric="retrieval", over="sentence", value=0.5, low=0.4, high=0.6, n=58, dropped=0) | changes


def metrics(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in METRICS.columns.items()})


def accuracies(text: str, values: list[float], **changes: Any) -> list[dict[str, Any]]:
    return [
        row(text=text, lang=text[:3], script=text[4:8], layer=layer, value=value, low=value - 0.1, high=value + 0.1, **changes)
        for layer, value in enumerate(values)
    ]


def test_the_layer_best_on_average_is_taken_for_all_languages() -> None:
    # Alone, French would choose layer 1 and Russian layer 3.
    table = metrics(accuracies("fra_Latn", [0.1, 0.9, 0.8, 0.2]) + accuracies("rus_Cyrl", [0.1, 0.2, 0.7, 0.8]))
    assert best_layers(table, "eng_Latn") == {("m", "c"): 2}
    rows = measured(table, "eng_Latn")
    assert [(r["text"], r["value"], r["low"], r["high"], r["n"]) for r in rows] == [
        ("fra_Latn", 0.8, pytest.approx(0.7), pytest.approx(0.9), 58),
        ("rus_Cyrl", 0.7, pytest.approx(0.6), pytest.approx(0.8), 58),
    ]
    assert {(r["quality"], r["origin"], r["source"]) for r in rows} == {
        ("retrieval", "measured", "layer 2 of 3, the best on average over languages")
    }


def test_the_reference_and_its_varieties_do_not_vote() -> None:
    own = accuracies("eng_Latn", [1.0, 1.0]) + accuracies("eng_Latn_scot", [1.0, 0.0])
    table = metrics(own + accuracies("fra_Latn", [0.1, 0.2]))
    assert best_layers(table, "eng_Latn") == {("m", "c"): 1}
    assert [r["text"] for r in measured(table, "eng_Latn")] == ["fra_Latn"]


def test_ties_go_to_the_first_layer_and_gaps_are_not_asked() -> None:
    table = metrics(accuracies("fra_Latn", [0.3, 0.6, 0.6, 0.9]) + accuracies("rus_Cyrl", [0.3, 0.6, 0.6, float("nan")]))
    assert best_layers(table, "eng_Latn") == {("m", "c"): 1}


def test_models_and_corpora_choose_for_themselves() -> None:
    table = metrics(
        accuracies("fra_Latn", [0.1, 0.9]) + accuracies("fra_Latn", [0.9, 0.1], model="n")
        + accuracies("fra_Latn", [0.5, 0.1], corpus="d")
    )  # fmt: skip
    assert best_layers(table, "eng_Latn") == {("m", "c"): 1, ("n", "c"): 0, ("m", "d"): 0}


def test_bits_per_character_are_those_of_the_table_the_reference_too() -> None:
    table = metrics([row(metric="bpc", over="text", layer=None, text=text, value=v) for text, v in
                     (("eng_Latn", 1.0), ("fra_Latn", 2.0), ("rus_Cyrl", float("nan")))])  # fmt: skip
    rows = measured(table, "eng_Latn")
    assert [(r["text"], r["quality"], r["value"]) for r in rows] == [("eng_Latn", "bpc", 1.0), ("fra_Latn", "bpc", 2.0)]


def test_corpora_of_pairs_give_no_row() -> None:
    pairs = [
        row(metric="bpc", over="text", layer=None, text=text, lang="eng", corpus="errors", value=1.0)
        for text in ("eng_Latn", "eng_Latn_wrong", "eng_Latn_wrongTense")
    ]
    # With another reference, retrieval among them is no quality of English either.
    table = metrics(pairs + accuracies("eng_Latn", [0.5], corpus="errors") + accuracies("fra_Latn", [0.5]))
    assert [(r["corpus"], r["text"]) for r in measured(table, "spa_Latn")] == [("c", "fra_Latn")]


def test_nothing_measured_gives_no_row() -> None:
    assert measured(metrics([row(metric="id_twonn", over="token")]), "eng_Latn") == []
