"""The figure of layers without the language: the numbers are the table's, and what there is nothing of is said."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from figures.drawn import draw, picture
from langgeom.figures.subspace import WAYS
from langgeom.table import SUBSPACES


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    assert plt.get_fignums() == []


def table() -> pd.DataFrame:
    rows = []
    for model, init in {"m": "trained", "m-untrained": "untrained"}.items():
        for layer in (0, 6, 12):
            base = dict(model=model, kind="encoder", init=init, corpus="udhr", layer=layer, texts=22, n=58)
            rows.append(base | dict(metric="rank", value=8.0 + layer))
            rows.append(base | dict(metric="variance_share", value=0.3, low=0.25, high=0.35))
            for number, way in enumerate(WAYS):
                for metric in ("retrieval", "probe"):
                    value = 0.3 + 0.1 * number + layer / 100
                    rows.append(base | dict(metric=metric, removal=way, value=value, low=value - 0.05, high=value + 0.05))
    return pd.DataFrame({key: pd.Series([row.get(key) for row in rows], dtype=of) for key, of in SUBSPACES.columns.items()})


def test_the_numbers_are_those_of_trained_models() -> None:
    drawing, words = draw("subspace", table())
    assert set(drawing.numbers["model"]) == {"m"} and len(drawing.numbers) == 3 * 10
    assert "m\n8 to 20 directions, 30 %" in words and "Sentences: 58. Texts: 22." in words
    with picture("subspace", table()) as figure:
        retrieval, probe = figure.axes
        lines = {line.get_color(): np.array(line.get_ydata(), dtype=float) for line in retrieval.lines}
        assert lines["#000000"] == pytest.approx([0.3, 0.36, 0.42])  # with the language
        for axes, chance in ((retrieval, 2 / 58), (probe, 1 / 22)):
            (level,) = [line for line in axes.lines if line.get_color() == "#333333"]
            assert level.get_ydata() == pytest.approx([chance, chance])


def test_why_nothing_is_drawn() -> None:
    assert "pairs.layers" in draw("subspace", table().head(0))[0].reason
