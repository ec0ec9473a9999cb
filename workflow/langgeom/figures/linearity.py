"""Linearity by layer: how well each layer is a linear map of the one before, one line a language, one panel a model."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import NUMBERS, by_layer, numbers, panels, title_of, twins
from langgeom.figures.lines import BANDS, Cell, draw_cells, family_legend, family_series, in_rows
from langgeom.figures.scales import limits
from langgeom.figures.settings import Settings
from langgeom.figures.style import family_looks
from langgeom.figures.words import footnote, words

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = ""
TITLE = "Linearity from layer to layer"
CAPTION = (
    "How well the token vectors of the next layer are a linear map of this layer's, one line a language; by chance d / (n - 1) "
    "of n vectors of d dimensions, as the map is fitted to what it is judged by. "
    "Which blocks bend the space, and is it the same ones in every language?"
)
METRICS = ("linearity",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel a model, untrained twins after the trained models."""
    rows = by_layer(table, METRICS[0])
    if rows.empty:
        reason = (
            f"no model has the metric '{METRICS[0]}' (it needs more tokens than dimensions); add it to metrics.token, "
            "or name texts in in_depth.texts."
        )
        return nothing(TITLE, reason, NUMBERS)
    looks = family_looks(rows.drop_duplicates("text")["lang"])
    texts = list(rows["text"].unique())
    groups = dict(list(rows.groupby(["model", "corpus"])))
    order = [panel for side in zip(*twins(rows), strict=True) for panel in side if panel]
    assert sorted(order) == sorted(panels(rows))
    grid = [
        [Cell(title_of(panel, rows), family_series(groups[panel], looks, settings.reference, texts)) if panel else None
         for panel in line]
        for line in in_rows(order)
    ]  # fmt: skip
    legend = family_legend(looks, settings.reference, texts)
    low, high = limits(rows, bands=False)
    figure = draw_cells(
        TITLE, footnote(METRICS[0], rows, "", BANDS), grid, words(METRICS[0]).axis, "Block (l: from layer l to layer l + 1)",
        bounds=[(low, min(high, 1.003))] * len(grid), legend=legend, legend_title="Language family",
    )  # fmt: skip
    return Drawing(figure, numbers(rows))
