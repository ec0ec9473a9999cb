"""Figures 5, 12 and 14: which quality is shown and whose, which models are compared, and that the numbers are the tables'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from defaults import settings as defaults
from figures.drawn import draw
from figures.synthetic import MODELS, TEXTS, synthetic
from langgeom.analysis.layers import median_over_layers
from langgeom.analysis.quality import choose
from langgeom.quality import measured
from langgeom.table import FINDINGS, QUALITY

ID = defaults().id
FINDINGS_NONE = pd.DataFrame(columns=list(FINDINGS.columns)).astype({"effect": str})
MMLU = ["spa_Latn", "rus_Cyrl", "tur_Latn", "arb_Arab", "hin_Deva", "swh_Latn"]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def retrieval(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of retrieval, best in the middle layer, besides those of the table."""
    rows = table[(table["metric"] == ID) & (table["over"] == "token")].copy()
    depth = rows["layer"].astype(float) / rows.groupby("model")["layer"].transform("max").astype(float)
    of_text = rows["text"].map({text: 0.3 + 0.02 * index for index, text in enumerate(TEXTS)})
    value = of_text * np.sin(np.pi * depth)
    rows = rows.assign(metric="retrieval", over="sentence", value=value, low=value - 0.05, high=value + 0.05, n=58)
    return pd.concat([table, rows.astype(table.dtypes.to_dict())], ignore_index=True)


def scores(
    model: str, texts: Sequence[str], origin: str = "published", harness: str = "card", shift: float = 0.0
) -> list[dict[str, Any]]:
    return [
        dict(model=model, text=text, lang=text[:3], script=text[4:8], quality="mmlu", origin=origin, harness=harness, shots=5)
        | dict(value=0.3 + 0.05 * index + shift, source="s")
        for index, text in enumerate(texts)
    ]


def table_of(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    columns = {name: [row.get(name) for row in rows] for name in QUALITY.columns}
    return pd.DataFrame({name: pd.Series(columns[name], dtype=dtype) for name, dtype in QUALITY.columns.items()})


@pytest.fixture(scope="module")
def metrics() -> pd.DataFrame:
    return retrieval(synthetic())


@pytest.fixture(scope="module")
def rows(metrics: pd.DataFrame) -> list[dict[str, Any]]:
    return measured(metrics, "eng_Latn")


def test_auto_takes_mmlu_from_five_languages_on_and_retrieval_else(rows: list[dict[str, Any]]) -> None:
    quality = table_of(rows + scores("gemma-3-270m", MMLU) + scores("smollm2-135m", MMLU[:4]))
    panels = [("gemma-3-270m", "udhr"), ("smollm2-135m", "udhr"), ("minilm-l6", "udhr"), ("nobody", "udhr")]
    found = choose(quality, panels, "auto")
    assert {panel[0]: shown.axis for panel, shown in found.items()} == {
        "gemma-3-270m": "MMLU accuracy (5-shot)", "smollm2-135m": "Retrieval accuracy, layer 15",
        "minilm-l6": "Retrieval accuracy, layer 3",
    }  # fmt: skip
    assert found[panels[0]].note == "MMLU: published, card." and len(found[panels[0]].rows) == 6
    asked = choose(quality, panels, "mmlu")
    assert {panel[0] for panel in asked} == {"gemma-3-270m", "smollm2-135m"}
    assert {shown.rows["quality"].iloc[0] for shown in choose(quality, panels, "bpc").values()} == {"bpc"}


def test_one_harness_for_all_panels() -> None:
    panels = [("a", "c"), ("b", "c")]
    both = scores("a", MMLU) + scores("b", MMLU) + scores("a", [*MMLU, "fin_Latn"], harness="other", shift=0.2)
    found = choose(table_of(both), panels, "auto")
    # The other covers more languages of one model, but only one model.
    assert {name for shown in found.values() for name in shown.rows["harness"]} == {"card"} and len(found) == 2
    own = scores("a", MMLU, origin="harness", harness="lm-evaluation-harness 0.4.9, m_mmlu", shift=0.1)
    found = choose(table_of(scores("a", MMLU) + own), panels, "auto")
    assert set(found["a", "c"].rows["origin"]) == {"harness"}
    assert found["a", "c"].note == "MMLU: lm-evaluation-harness 0.4.9, m_mmlu."


def test_numbers_of_id_against_quality(metrics: pd.DataFrame, rows: list[dict[str, Any]]) -> None:
    drawing, words = draw("id_quality", metrics, table_of(rows + scores("gemma-3-270m", MMLU)), FINDINGS_NONE)
    numbers = drawing.numbers
    gemma = numbers[numbers["model"] == "gemma-3-270m"].set_index("text")
    assert set(gemma.index) == set(MMLU) and set(gemma["harness"]) == {"card"}
    assert gemma["x"].to_dict() == pytest.approx({text: 0.3 + 0.05 * index for index, text in enumerate(MMLU)})
    dimension = metrics[(metrics["metric"] == ID) & (metrics["over"] == "token")]
    medians = median_over_layers(dimension).set_index(["model", "text"])["value"]
    assert gemma["y"].to_dict() == {text: medians["gemma-3-270m", text] for text in MMLU}
    r = pearsonr(gemma["x"], gemma["y"]).statistic
    assert f"r = {r:.2f}".replace("-", "−") in words and "n = 6" in words
    encoder = numbers[numbers["model"] == "minilm-l6"]
    assert set(encoder["quality"]) == {"retrieval"} and len(encoder) == len(TEXTS) - 1
    assert set(numbers["model"]) == {model for model, (_, init, _) in MODELS.items() if init == "trained"}
    assert "MMLU: published, card." in words and "chance 1/n" in words and "Retrieval accuracy, layer 15" in words


def test_numbers_of_bits_per_character(metrics: pd.DataFrame, rows: list[dict[str, Any]]) -> None:
    drawing, words = draw("bpc_quality", metrics, table_of(rows + scores("gemma-3-270m", MMLU)), FINDINGS_NONE)
    numbers = drawing.numbers
    assert set(numbers[numbers["model"] == "gemma-3-270m"]["against"]) == {"mmlu", ID}
    assert set(numbers[numbers["model"] == "smollm2-135m"]["against"]) == {"retrieval", ID}
    bits = metrics[(metrics["metric"] == "bpc")].set_index(["model", "text"])["value"]
    for row in numbers.itertuples():
        assert row.x == bits[row.model, row.text]
    # Not against itself.
    drawing, _ = draw("bpc_quality", metrics, table_of(rows), FINDINGS_NONE, settings=defaults(quality="bpc"))
    assert "bpc" not in set(drawing.numbers["against"])
    assert "Bits per character" in words


def test_numbers_of_two_models(metrics: pd.DataFrame) -> None:
    table = metrics[~((metrics["model"] == "smollm2-135m") & (metrics["text"] == "tha_Thai"))]
    drawing, words = draw("id_anisotropy_models", table)
    numbers = drawing.numbers
    assert set(numbers["model"]) == {"gemma-3-270m", "smollm2-135m"} and set(numbers["metric"]) == {
        ID,
        "anisotropy",
    }
    assert numbers.groupby("model")["depth"].agg(["min", "max"]).eq([0, 1]).all(axis=None)
    assert set(numbers["n"]) == {len(TEXTS) - 1} and "gemma-3-270m" in words
    rows = table[(table["metric"] == "anisotropy") & (table["over"] == "token") & (table["model"] == "gemma-3-270m")]
    truth = rows[(rows["layer"] == 3) & (rows["text"] != "tha_Thai")]["value"].mean()
    of_layer = (numbers["metric"] == "anisotropy") & (numbers["model"] == "gemma-3-270m") & (numbers["layer"] == 3)
    assert float(numbers[of_layer]["value"].iloc[0]) == pytest.approx(truth, rel=1e-12)


def test_the_settings_choose_the_two_models(metrics: pd.DataFrame) -> None:
    drawing, _ = draw("id_anisotropy_models", metrics, settings=defaults(compare=["minilm-l6", "smollm2-135m-untrained"]))
    assert set(drawing.numbers["model"]) == {"minilm-l6", "smollm2-135m-untrained"}


@pytest.mark.parametrize("name", ["id_quality", "bpc_quality", "id_anisotropy_models"])
@pytest.mark.parametrize(
    "table",
    [
        synthetic(models=["minilm-l6"], texts=TEXTS[:3]),
        synthetic(models=["gemma-3-270m", "smollm2-135m"], texts=["fra_Latn"]),
        retrieval(synthetic(models=["gemma-3-270m", "smollm2-135m"], texts=TEXTS[:2])).query("layer == 0"),
        synthetic(texts=TEXTS[:2]).iloc[:0],
        retrieval(synthetic(models=["gemma-3-270m", "smollm2-135m"], texts=TEXTS[:4])).assign(n=pd.array([50] * 1, "Int32")[0]),
        pd.concat([retrieval(synthetic(models=["gemma-3-270m", "smollm2-135m"], texts=TEXTS[:4], corpus=c)) for c in "ab"]),
    ],
    ids=["an encoder", "one language", "one layer", "no rows", "few points", "two corpora"],
)
def test_small_tables_draw_or_say_why_not(name: str, table: pd.DataFrame) -> None:
    tables = [table] if name == "id_anisotropy_models" else [table, table_of(measured(table, "eng_Latn")), FINDINGS_NONE]
    drawing, words = draw(name, *tables)
    assert ("Nothing to draw" in words) == drawing.numbers.empty
    assert len(drawing.figure.axes) == 0 or not drawing.numbers.empty


def test_reasons(metrics: pd.DataFrame) -> None:
    # The reason is broken into lines.
    assert "found: gemma-3-270m" in draw("id_anisotropy_models", metrics[metrics["model"] == "gemma-3-270m"])[1]
    assert "add retrieval to\nmetrics.aligned" in draw("id_quality", metrics, table_of([]), FINDINGS_NONE)[1]
    assert "add bpc to\nmetrics.text" in draw("bpc_quality", metrics, table_of([]), FINDINGS_NONE)[1]
