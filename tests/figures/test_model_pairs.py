"""The heat map of models against models: its numbers are the table's, either way, and chance is marked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from figures.drawn import draw, picture
from langgeom.table import MODEL_PAIRS


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    assert plt.get_fignums() == []


def table() -> pd.DataFrame:
    rows, places = [], [(model, layer) for model in ("b", "a") for layer in (0, 6, 12)]
    for metric in ("cka", "mutual_knn"):
        for number, ((model, layer), (other, other_layer)) in enumerate(combinations(places, 2)):
            base = dict(corpus="udhr", text="eng_Latn", model=model, layer=layer, other_model=other, other_layer=other_layer)
            rows.append(base | dict(metric=metric, value=number / 15, low=0.0, high=1.0, null=0.2, n=58))
    return pd.DataFrame({key: pd.Series([row[key] for row in rows], dtype=of) for key, of in MODEL_PAIRS.columns.items()})


def test_each_two_layers_stand_twice_and_chance_has_a_dot() -> None:
    drawing, words = draw("models_by_layer", table())
    pd.testing.assert_frame_equal(drawing.numbers, table())
    assert {"CKA", "Mutual neighbours", "a  0", "b  0"} <= set(words.split("\n")) and "Sentences: 58." in words
    with picture("models_by_layer", table()) as figure:
        first = figure.axes[0]
        values = np.ma.filled(first.collections[0].get_array().astype(float), np.nan).reshape(6, 6)
        dots = [line for line in first.lines if line.get_marker() == "."]
    assert values == pytest.approx(values.T, nan_ok=True) and np.isnan(np.diag(values)).all()
    assert values[3, 4] == pytest.approx(0) and values[0, 1] == pytest.approx(12 / 15)  # a stands first
    assert len(dots) == 4  # 0, 1, 2, 3 of 15


def test_why_nothing_is_drawn() -> None:
    assert "pairs.layers" in draw("models_by_layer", table().head(0))[0].reason
