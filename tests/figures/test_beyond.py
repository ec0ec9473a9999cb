"""Alignment, linearity, scales and estimators by layer: the numbers are the table's, and what is shown is what is promised."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from defaults import settings as defaults
from figures.drawn import assert_same, draw
from figures.synthetic import synthetic
from langgeom.figures.catalogue import FIGURES
from langgeom.figures.estimators import SCALES, few_layers, few_texts
from langgeom.metrics.catalogue import METRICS as KNOWN

BEYOND = ("alignment", "imbalance", "linearity", "id_scales", "id_estimators", "id_many", "lens")
FOUR = ("gemma-3-270m", "gemma-3-270m-untrained", "minilm-l6", "minilm-l6-untrained")
METRICS = FIGURES["id_scales"].metrics
FEW = ("eng_Latn", "fra_Latn", "tur_Latn", "cmn_Hans", "arb_Arab")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def table(models: Sequence[str] = FOUR, texts: Sequence[str] = FEW, corpus: str = "udhr") -> pd.DataFrame:
    """Return a synthetic table that has every metric of these figures besides."""
    base = synthetic(models=models, texts=texts, corpus=corpus)
    rows = base[(base["metric"] == "id_microscope") & (base["over"] == "token")]
    parts = [base]
    for name in ({name for figure in BEYOND for name in FIGURES[figure].metrics} & set(KNOWN)) - {"id_microscope", "id_twonn"}:
        aligned = KNOWN[name].input == "aligned_sentences"
        share = aligned or name == "linearity" or name.startswith("lens_")
        factor = 0.03 if share else 1 + 0.01 * len(name)
        more = rows.assign(metric=name, over="sentence" if aligned else "token")
        more[["value", "low", "high"]] = rows[["value", "low", "high"]] * factor
        if name == "linearity":
            more = more[more["layer"] < more.groupby("model")["layer"].transform("max")]
        parts.append(more.assign(n=58) if aligned else more)
    return pd.concat([part.astype(base.dtypes.to_dict()) for part in parts], ignore_index=True)


def test_alignment_has_all_trained_models_and_all_but_the_reference() -> None:
    rows = table()
    drawing, words = draw("alignment", rows)
    names = ["retrieval", "mexa", "mutual_knn", "cka"]
    shown = rows[rows["metric"].isin(names) & (rows["init"] == "trained") & (rows["text"] != "eng_Latn")]
    assert_same(drawing.numbers, shown)
    for title in ("Retrieval", "MEXA", "Mutual nearest neighbours", "CKA"):
        assert f"{title} · gemma-3-270m" in words and f"{title} · minilm-l6" in words
    assert "n = 58 sentences a value" in " ".join(words.split())
    # Where no pairings were drawn, chance is known of retrieval alone.
    assert words.count("chance") == 2 and "by chance" not in words


@pytest.mark.parametrize("name", ["alignment", "imbalance"])
def test_what_is_by_chance_is_a_band_over_texts(name: str) -> None:
    rows = table()
    metric = FIGURES[name].metrics[-1]
    own, number = rows["metric"] == metric, rows["text"].map(FEW.index)
    rows.loc[own, "null"] = 0.7 + 0.01 * number + 0.001 * rows["layer"].astype(float)
    drawing, words = draw(name, rows)
    assert words.count("by chance") == 2  # of two trained models
    shown = drawing.numbers[drawing.numbers["metric"] == metric]
    assert len(shown) and shown["null"].min() == pytest.approx(0.71) and shown["null"].notna().all()
    axes = drawing.figure.axes[-1]
    bands = [band.get_paths()[0].get_extents() for band in axes.collections]
    assert any(band.y0 == pytest.approx(0.71) and band.y1 == pytest.approx(0.746) for band in bands)
    assert axes.get_ylim()[1] > 0.746


def test_the_imbalance_goes_both_ways_for_all_trained_models() -> None:
    rows = table()
    drawing, words = draw("imbalance", rows)
    both = ["information_imbalance", "information_imbalance_reverse"]
    shown = rows[rows["metric"].isin(both) & (rows["init"] == "trained") & (rows["text"] != "eng_Latn")]
    assert_same(drawing.numbers, shown)
    assert "Imbalance to the reference · minilm-l6" in words and "Imbalance from the reference · minilm-l6" in words
    assert "named at their peaks" not in words


def test_the_lens_shares_out_all_there_is() -> None:
    rows = table()
    rows = rows[~rows["metric"].str.startswith("lens_") | (rows["kind"] == "decoder")]
    rows = rows[(rows["metric"] != "lens_reference") | (rows["text"] != "eng_Latn")]
    drawing, words = draw("lens", rows)
    shown = rows[rows["metric"].isin(["lens_own", "lens_reference"])]
    assert_same(drawing.numbers[drawing.numbers["metric"] != "lens_others"], shown)
    others = drawing.numbers[drawing.numbers["metric"] == "lens_others"]
    key = ["model", "text", "layer"]
    total = pd.concat([shown[shown["text"] != "eng_Latn"], others]).groupby(key, observed=True)["value"].sum()
    assert len(total) == len(others) > 0 and np.allclose(total, 1) and others["low"].isna().all()
    assert "Share of English tokens" in words and "minilm" not in words


def checkpoints(steps: Sequence[int], **options: Any) -> pd.DataFrame:
    """Return a table of checkpoints of one model; values grow with the step."""
    base = synthetic(models=("smollm2-135m",), texts=FEW, **options)
    parts = [base.assign(model=f"pythia-step{step}", value=base["value"] * (1 + step / 1000)) for step in steps]
    return pd.concat([base, *parts], ignore_index=True)


def test_steps_are_the_middle_layers_of_checkpoints() -> None:
    rows = checkpoints((0, 1, 1000))
    drawing, words = draw("steps", rows)
    numbers = drawing.numbers
    assert set(numbers["model"]) == {"pythia-step0", "pythia-step1", "pythia-step1000"} and set(numbers["step"]) == {0, 1, 1000}
    assert len(numbers) == 2 * 3 * len(FEW) and numbers["low"].isna().all()
    for metric in ("id_twonn", "anisotropy"):
        own = rows[(rows["model"] == "pythia-step1000") & (rows["metric"] == metric) & (rows["over"] == "token")]
        middle = own[own["layer"].between(10, 20)].groupby("text")["value"].median()  # of layers 0 to 30
        drawn = numbers[(numbers["step"] == 1000) & (numbers["metric"] == metric)].set_index("text")["value"]
        pd.testing.assert_series_equal(drawn.sort_index(), middle.sort_index(), check_dtype=False)
    assert [axes.get_xscale() for axes in drawing.figure.axes] == ["log", "log"]
    assert "Training step" in words and "Step 0 is drawn at 0.5." in words and "French" in words


@pytest.mark.parametrize("steps", [(), (1000,)])
def test_one_checkpoint_is_no_training(steps: Sequence[int]) -> None:
    drawing, words = draw("steps", checkpoints(steps))
    assert drawing.reason.startswith("no model has two checkpoints") and "add `checkpoints`" in " ".join(words.split())


def test_linearity_has_all_models_and_one_block_less_than_layers() -> None:
    rows = table()
    drawing, words = draw("linearity", rows)
    assert_same(drawing.numbers, rows[rows["metric"] == "linearity"])
    assert drawing.numbers.groupby("model")["layer"].max().to_dict() == {
        "gemma-3-270m": 17, "gemma-3-270m-untrained": 17, "minilm-l6": 5, "minilm-l6-untrained": 5,
    }  # fmt: skip
    titles = [axes.get_title(loc="left") for axes in drawing.figure.axes]
    assert titles == ["gemma-3-270m", "minilm-l6", "gemma-3-270m-untrained", "minilm-l6-untrained"]
    assert "Block (l: from layer l to layer l + 1)" in words


def test_estimators_are_of_a_few_texts_and_all_named() -> None:
    rows = table()
    drawing, words = draw("id_estimators", rows)
    names = set(FIGURES["id_estimators"].metrics) & set(KNOWN)
    texts = ["eng_Latn", "arb_Arab", "cmn_Hans", "tur_Latn"]  # of five families four
    shown = rows[rows["metric"].isin(names) & rows["text"].isin(texts) & (rows["init"] == "trained") & (rows["layer"] > 0)]
    assert_same(drawing.numbers, shown[shown["over"] == "token"])
    (legend,) = drawing.figure.legends
    assert {text.get_text() for text in legend.get_texts()} == names and "minilm-l6 · English" in words


def test_a_panel_for_every_estimator_of_one_text() -> None:
    rows = table()
    more = [rows[rows["metric"] == "id_mle"].assign(metric=name) for name in ("skdim_mom", "id_local", "id_local_low", "bpc")]
    rows = pd.concat([rows, *more], ignore_index=True)
    drawing, words = draw("id_many", rows)
    names = [axes.get_title(loc="left") for axes in drawing.figure.axes]
    assert names[0] == "id_twonn" and sorted(names[1:]) == [
        "id_gride", "id_local", "id_microscope", "id_microscope_distinct", "id_mle", "id_pca", "skdim_mom"
    ]  # fmt: skip
    shown = rows[rows["metric"].isin(names) & (rows["text"] == "eng_Latn") & (rows["init"] == "trained") & (rows["layer"] > 0)]
    assert_same(drawing.numbers, shown[shown["over"] == "token"])
    (legend,) = drawing.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["gemma-3-270m", "minilm-l6", "id_twonn"]
    assert f"skdim_mom: {KNOWN['skdim_mom'].about}." in words
    assert all(axes.get_ylim() == drawing.figure.axes[0].get_ylim() for axes in drawing.figure.axes)


def test_one_estimator_alone_is_not_many() -> None:
    rows = table()
    drawing, words = draw("id_many", rows[rows["metric"] == "id_mle"])
    assert "'id_mle' is the only estimator that was measured" in " ".join(words.split()) and drawing.numbers.empty


def test_scales_are_those_that_the_metrics_declare() -> None:
    from langgeom.metrics.registry import METRICS as REGISTRY

    for name, scale in zip(METRICS, SCALES, strict=True):
        assert inspect.signature(REGISTRY[name].function).parameters["scale"].default == scale
        assert REGISTRY[name].neighbours == 2 * scale


def test_scales_at_five_layers_of_four_texts() -> None:
    rows = table()
    drawing, words = draw("id_scales", rows)
    numbers = drawing.numbers
    assert set(numbers["text"]) == {"eng_Latn", "arb_Arab", "cmn_Hans", "tur_Latn"}
    assert sorted(numbers[numbers["model"] == "gemma-3-270m"]["layer"].unique()) == [1, 4, 9, 13, 18]
    assert dict(zip(numbers["metric"], numbers["scale"], strict=True)) == dict(zip(METRICS, SCALES, strict=True))
    layers = numbers.drop_duplicates(["model", "layer"])[["model", "layer"]]
    chosen = rows[rows["metric"].isin(METRICS) & rows["text"].isin(numbers["text"])].astype({"layer": "int64"})
    assert_same(numbers, chosen.merge(layers, on=["model", "layer"]))
    assert "gemma-3-270m · Arabic" in words and "layer 13" in words


def test_which_texts_and_layers_are_few() -> None:
    texts = ["spa_Latn", "eng_Latn", "fra_Latn", "tur_Latn", "cmn_Hans", "arb_Arab"]
    assert few_texts(texts, defaults()) == ["eng_Latn", "arb_Arab", "cmn_Hans", "tur_Latn"]
    assert few_texts(texts, defaults(sample=["tur_Latn", "fra_Latn"])) == ["eng_Latn", "tur_Latn", "fra_Latn"]
    assert few_texts(["spa_Latn", "fra_Latn"], defaults()) == ["fra_Latn", "spa_Latn"]
    assert few_layers(pd.Series(range(1, 31))) == [1, 7, 15, 22, 30]
    assert few_layers(pd.Series([0])) == [0] and few_layers(pd.Series([1, 2])) == [1, 2]


@pytest.mark.parametrize("name", BEYOND)
@pytest.mark.parametrize(
    "rows",
    [
        table(models=["minilm-l6"]), table(models=["gemma-3-270m-untrained"], texts=["fra_Latn"]), table(texts=["eng_Latn"]),
        table(models=["minilm-l6"]).query("layer == 0"), table().iloc[:0], synthetic(models=["minilm-l6"], texts=["eng_Latn"]),
        pd.concat([table(models=["minilm-l6"], corpus=corpus) for corpus in ("udhr", "flores")], ignore_index=True),
    ],
    ids=["one model", "one language", "reference only", "one layer", "no rows", "not measured", "two corpora"],
)  # fmt: skip
def test_small_tables_draw_or_say_why_not(name: str, rows: pd.DataFrame) -> None:
    drawing, words = draw(name, rows)
    assert ("Nothing to draw" in words) == drawing.numbers.empty
    assert {"model", "layer", "value"} <= set(drawing.numbers.columns)


@pytest.mark.parametrize("name", BEYOND)
def test_missing_values_are_not_drawn(name: str) -> None:
    rows = table()
    rows.loc[rows["layer"].isin([3, 4]), ["value", "low", "high"]] = np.nan
    assert not set(draw(name, rows)[0].numbers["layer"]) & {3, 4}


@pytest.mark.parametrize("name", ["linearity", "id_scales", "id_estimators"])
def test_what_takes_long_may_be_asked_for_a_few_texts(name: str) -> None:
    rows = table()
    _, words = draw(name, rows[~rows["metric"].isin(FIGURES[name].metrics)])
    assert "to metrics.token, or name texts in in_depth.texts." in " ".join(words.split())
