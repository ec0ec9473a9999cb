"""Figure 3: what it draws of a corpus of pairs, and that no other figure draws any of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from defaults import settings as defaults
from figures.drawn import picture
from figures.synthetic import MODELS, synthetic
from figures.test_figures import ONE_EACH, draw
from langgeom.analysis.rows import of_languages
from langgeom.figures import style
from langgeom.figures.catalogue import FIGURES
from langgeom.figures.drawing import render
from langgeom.table import METRICS

ID = defaults().id
TYPES = {"Tense": 0.6, "WordOrder": 1.4, "Article": -0.3}
TEXTS = ["eng_Latn", "eng_Latn_wrong", *(f"eng_Latn_wrong{name}" for name in TYPES)]
PAIR = ["gemma-3-270m", "gemma-3-270m-untrained"]


@pytest.fixture(autouse=True)
def small_and_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(style.RC, "savefig.dpi", 40)
    yield
    assert plt.get_fignums() == []


def pairs(models: list[str] = PAIR, corpus: str = "grammar") -> pd.DataFrame:
    """Return the table of a corpus of pairs: dimensions of `synthetic`, and planted differences of trained models."""
    table = synthetic(models=models, texts=TEXTS, corpus=corpus)
    rows: list[dict[str, Any]] = []
    for model in models:
        kind, init, layers = MODELS[model]
        for text in TEXTS[1:]:
            shift = TYPES.get(text.removeprefix("eng_Latn_wrong"), 0.5) * (init == "trained")
            for layer in range(layers):
                rows.append(
                    dict(model=model, kind=kind, init=init, corpus=corpus, text=text, lang="eng", script="Latn", layer=layer,
                         metric=f"{ID}_difference", over="token", value=shift + 0.01 * layer, low=shift - 0.4,
                         high=shift + 0.4, n=384 if text == TEXTS[1] else 32, dropped=0)
                )  # fmt: skip
    more = pd.DataFrame({key: pd.Series([row.get(key) for row in rows], dtype=dtype) for key, dtype in METRICS.columns.items()})
    return pd.concat([table, more], ignore_index=True)


def test_it_draws_the_tables_numbers(tmp_path: Path) -> None:
    table = pairs()
    numbers = draw(tmp_path, "id_grammar", pd.concat([table, synthetic(models=PAIR, texts=["eng_Latn", "fra_Latn"])])).numbers
    assert set(numbers["corpus"]) == {"grammar"}
    by_layer = numbers[numbers["shown"] == "by layer"]
    for metric, texts in ((ID, TEXTS[:2]), (f"{ID}_difference", TEXTS[1:])):
        drawn = by_layer[by_layer["metric"] == metric]
        wanted = table[(table["metric"] == metric) & table["text"].isin(texts)]
        if metric == ID:
            wanted = wanted[wanted["init"] == "trained"]
        key = ["model", "text", "layer"]
        left, right = (part.set_index(key)[["value", "low", "high"]].sort_index().astype(float) for part in (drawn, wanted))
        assert left.index.tolist() == right.index.tolist() and np.array_equal(left, right)
    medians = numbers[numbers["shown"] == "median over layers"].set_index(["model", "text"])
    # Layers 1 to 18: the median of 0.01 layer is 0.095.
    assert medians.loc[("gemma-3-270m", "eng_Latn_wrongWordOrder"), "value"] == pytest.approx(1.4 + 0.095)
    assert medians.loc[("gemma-3-270m-untrained", "eng_Latn_wrongWordOrder"), "value"] == pytest.approx(0.095)
    assert medians.loc[("gemma-3-270m", "eng_Latn_wrong"), ["low", "high"]].tolist() == pytest.approx([0.1, 0.9])


def test_types_are_named_and_ordered_by_size(tmp_path: Path) -> None:
    drawn = draw(tmp_path, "id_grammar", pairs())
    names = ["Article", "Tense", "Word order", "All types"]
    assert [text for text in drawn.texts if text in names] == names
    assert {"Correct", "Ungrammatical", "Difference"} <= set(drawn.texts)
    assert "384 of all types and 32 of one type" in drawn.words


def test_all_models_and_two_corpora(tmp_path: Path) -> None:
    table = pd.concat([pairs(list(MODELS)), pairs(list(MODELS), "mine")])
    drawn = draw(tmp_path, "id_grammar", table)
    titles = [text for text in drawn.texts if " · " in text]
    assert titles == [f"{model} · {corpus}" for model in ("gemma-3-270m", "smollm2-135m", "minilm-l6") for corpus in
                      ("grammar", "mine")]  # fmt: skip


@pytest.mark.parametrize("lacking", ["untrained", "trained", "difference of one", "typed", "whole", "interval"])
def test_what_lacks_is_left_out(tmp_path: Path, lacking: str) -> None:
    table = pairs(list(MODELS))
    of_difference = table["metric"] == f"{ID}_difference"
    drop = {
        "untrained": table["init"] == "untrained",
        "trained": table["init"] == "trained",
        "difference of one": of_difference & (table["model"] == "minilm-l6"),
        "typed": ~table["text"].isin(TEXTS[:2]),
        "whole": of_difference & (table["text"] == "eng_Latn_wrong"),
        "interval": pd.Series(False, index=table.index),
    }[lacking]
    table = table[~drop].reset_index(drop=True)
    if lacking == "interval":
        table[["low", "high"]] = np.nan
    drawn = draw(tmp_path, "id_grammar", table)
    assert len(drawn.numbers) and "Nothing to draw" not in drawn.words


def test_nothing_to_draw_says_why(tmp_path: Path) -> None:
    languages = draw(tmp_path / "a", "id_grammar", synthetic(models=PAIR, texts=["eng_Latn", "fra_Latn"]))
    assert "Nothing to draw: no corpus holds pairs" in languages.words and languages.numbers.empty
    table = pairs()
    unpaired = draw(tmp_path / "b", "id_grammar", table[table["metric"] != f"{ID}_difference"])
    assert f"Nothing to draw: no model has {ID}_difference" in unpaired.words
    unknown = draw(tmp_path / "d", "id_grammar", table, defaults(id="id_mle"))
    assert "paired difference of id_microscope and id_twonn only; set figures.id to one of them" in unknown.words


def test_same_table_same_bytes_and_both_names(tmp_path: Path) -> None:
    assert FIGURES["id_grammar"].alias == "fig03"
    first = draw(tmp_path / "one", "id_grammar", pairs()).digests()
    assert draw(tmp_path / "two", "id_grammar", pairs().iloc[::-1]).digests() == first
    paths = [tmp_path / f"alias.{suffix}" for suffix in ("svg", "png", "csv")]
    render("fig03", [tmp_path / "one" / "metrics.parquet"], defaults(), *paths)
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths] == first


def test_nothing_is_cut() -> None:
    with picture("id_grammar", pairs(list(MODELS))) as figure:
        width = figure.bbox.x1
        assert all(0 <= legend.get_window_extent().x0 <= legend.get_window_extent().x1 <= width for legend in figure.legends)
        labels = [label for axes in figure.axes for label in (*axes.get_yticklabels(), axes.yaxis.label, axes.xaxis.label)]
        boxes = [label.get_window_extent() for label in labels if label.get_text() and label.get_visible()]
        assert min(box.x0 for box in boxes) >= 0 and max(box.x1 for box in boxes) <= width
        assert len(figure.axes) == 3 * 3


@pytest.mark.parametrize("name", ONE_EACH)
def test_no_figure_of_languages_draws_pairs(tmp_path: Path, name: str) -> None:
    languages = synthetic(models=PAIR, texts=["eng_Latn", "uig_Latn", "uig_Arab"])
    alone = draw(tmp_path / "alone", name, languages)
    both = draw(tmp_path / "both", name, pd.concat([languages, pairs()]))
    assert both.digests() == alone.digests()


def test_of_languages() -> None:
    table = pd.concat([synthetic(models=PAIR, texts=["eng_Latn"]), pairs()])
    assert set(of_languages(table)["corpus"]) == {"udhr"}
    published = pd.DataFrame({"corpus": [None, "grammar", "grammar"], "text": ["fra_Latn", "eng_Latn", "eng_Latn_wrong"]})
    assert of_languages(published)["text"].tolist() == ["fra_Latn"]
    findings = pd.DataFrame({"finding": ["C3"], "corpus": ["grammar"]})
    assert of_languages(findings) is findings
    assert [name for name, figure in FIGURES.items() if figure.pairs] == ["id_grammar"]
