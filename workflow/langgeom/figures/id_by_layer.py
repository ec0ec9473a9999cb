"""Figure 1: intrinsic dimension by layer, one line a language of the typological sample, one panel a model."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import LEAST, NUMBERS, by_layer, numbers, reliable, title_of, twins
from langgeom.figures.lines import BANDS, Cell, draw_cells, family_legend, family_series, in_rows
from langgeom.figures.scales import settled_scale
from langgeom.figures.settings import Settings
from langgeom.figures.style import family_looks
from langgeom.figures.words import footnote, layer_axis, words
from langgeom.languages import label

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig01"
TITLE = "Intrinsic dimension by layer"
CAPTION = (
    "Intrinsic dimension of the token vectors of each layer, one line a language of the typological sample. "
    "Do all languages of one model follow one trend over the layers, and does its untrained twin share it?"
)
METRICS = ("id",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw trained models in the upper row, each above its untrained twin; one after the other where a twin lacks."""
    rows = by_layer(table, settings.id)
    if settings.sample:
        rows = rows[rows["text"].isin(settings.sample)]
    if rows.empty:
        return nothing(TITLE, f"no model has the metric '{settings.id}' for a language of the sample.", NUMBERS)
    looks = family_looks(rows.drop_duplicates("text")["lang"])
    shown, few = reliable(rows)
    if shown.empty:
        reason = f"every value of '{settings.id}' rests on fewer than {LEAST} points; the CSV has them."
        return nothing(TITLE, reason, NUMBERS)._replace(numbers=numbers(rows))
    groups = dict(list(shown.groupby(["model", "corpus"])))
    texts = list(rows["text"].unique())

    def cell(panel: tuple[str, str] | None) -> Cell | None:
        if panel is None:
            return None
        return Cell(title_of(panel, rows), family_series(groups[panel], looks, settings.reference, texts))

    pairs = twins(shown)
    if all(all(pair) for pair in pairs):
        blocks = in_rows(pairs)
        grid = [[cell(pair[side]) if pair else None for pair in block] for block in blocks for side in (0, 1)]
    else:
        grid = [list(map(cell, row)) for row in in_rows([panel for pair in pairs for panel in pair if panel])]
    legend = family_legend(looks, settings.reference, texts)
    scale = settled_scale(shown)
    note = footnote(settings.id, shown, label(settings.reference, []), BANDS, scale.note, few)
    figure = draw_cells(
        TITLE, note, grid, words(settings.id).axis, layer_axis(settings.final_norm),
        bounds=[scale.bounds] * len(grid), log=scale.log, legend=legend, legend_title="Language family",
    )  # fmt: skip
    return Drawing(figure, numbers(rows))
