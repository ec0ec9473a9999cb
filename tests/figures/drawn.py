"""Draw a figure in memory and read its words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from defaults import settings as defaults
from langgeom.analysis import Settings
from langgeom.figures import drawing
from langgeom.figures.drawing import Drawing, styled


@contextmanager
def picture(name: str, *tables: pd.DataFrame, settings: Settings | None = None) -> Iterator[Figure]:
    """Draw a figure, to look at it."""
    with styled():
        figure = drawing.draw(name, tables, settings or defaults()).figure
        figure.draw_without_rendering()
        yield figure
        plt.close(figure)


def draw(name: str, *tables: pd.DataFrame, settings: Settings | None = None) -> tuple[Drawing, str]:
    """Return a drawing, and all words in it, one text a line."""
    with styled():
        drawn = drawing.draw(name, tables, settings or defaults())
        drawn.figure.draw_without_rendering()
        words = [text.get_text() for text in drawn.figure.texts]
        for axes in drawn.figure.axes:
            words += [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
            words += [text.get_text() for text in [*axes.texts, *axes.get_yticklabels()]]
        plt.close(drawn.figure)
    return drawn, "\n".join(words)


def assert_same(drawn: pd.DataFrame, table: pd.DataFrame) -> None:
    """Assert that both hold the same values at the same places, exactly."""
    key = ["model", "corpus", "text", "metric", "layer"]
    columns = [*key, "value", "low", "high", "n"]
    left, right = (part[columns].astype({"layer": int, "n": int}).sort_values(key) for part in (drawn, table))
    pd.testing.assert_frame_equal(
        left.reset_index(drop=True), right.reset_index(drop=True), check_dtype=False, check_exact=True
    )
