"""Figure 11: anisotropy by layer of languages written in two scripts, untrained models left, trained ones right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import NUMBERS, by_layer, numbers, title_of, twins, two_scripts
from langgeom.figures.lines import BANDS, Cell, Series, draw_cells, in_rows
from langgeom.figures.scales import Limits, limits
from langgeom.figures.settings import Settings
from langgeom.figures.style import Look, language_looks, script_look
from langgeom.figures.words import footnote, layer_axis, words
from langgeom.languages import label, language, script

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig11"
TITLE = "Anisotropy by layer, languages written in two scripts"
CAPTION = (
    "Anisotropy by layer of languages in two scripts: colour tells the language, line and marker the script. "
    "Left without, right with training: is Arabic script the lower one of its pair?"
)
METRICS = ("anisotropy",)
# The share of a common axis that the lines of both twins must fill.
FILLED = 0.25
Panel = tuple[str, str]


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row for each architecture: its untrained twin on the left, the trained model on the right."""
    rows = two_scripts(by_layer(table, settings.anisotropy))
    if rows.empty:
        reason = f"no language has '{settings.anisotropy}' in two scripts; add one, such as uig_Latn and uig_Arab."
        return nothing(TITLE, reason, NUMBERS)
    looks = language_looks(rows["lang"])
    groups = dict(list(rows.groupby(["model", "corpus"])))
    texts = list(rows["text"].unique())

    def cell(panel: tuple[str, str] | None) -> Cell | None:
        if panel is None:
            return None
        series = [
            Series(label(str(text), texts), points.assign(x=points["layer"]), _look(points.iloc[0], looks))
            for text, points in groups[panel].groupby("text", sort=True)
        ]
        return Cell(title_of(panel, rows), series, bounds=scales[panel])

    pairs = twins(rows)
    scales = {panel: bounds for pair in pairs for panel, bounds in _scales(pair, groups).items()}
    # Pairs first; models without a twin fill the rows after them.
    alone = [panel for pair in pairs if not all(pair) for panel in pair if panel]
    grid = [[cell(untrained), cell(trained)] for trained, untrained in pairs if trained and untrained]
    grid += [list(map(cell, row)) for row in in_rows(alone, 2)]
    grid = [row + [None] * (len(grid[0]) - len(row)) for row in grid]
    legend = [Look(look.colour, "", "-", 2.2).handle(language(lang).name) for lang, look in looks.items()]
    legend += [script_look(code)._replace(colour="#444444").handle(script(code).name) for code in sorted(set(rows["script"]))]
    note = footnote(settings.anisotropy, rows, "", BANDS, "Twins share a scale where that leaves lines apart.")
    figure = draw_cells(
        TITLE, note, grid, words(settings.anisotropy).axis, layer_axis(settings.final_norm),
        bounds=[(0.0, 1.0)] * len(grid), legend=legend, legend_title="Language, script",
        width=3.5, height=2.9, right=1.3,
    )  # fmt: skip
    return Drawing(figure, numbers(rows))


def _scales(pair: Sequence[Panel | None], groups: Mapping[Panel, pd.DataFrame]) -> dict[Panel, Limits]:
    """Give a model and its twin one scale, or each its own where the lines of one would fill too little of it."""
    own = {panel: limits(groups[panel], bands=False) for panel in pair if panel}
    low, high = min(bounds[0] for bounds in own.values()), max(bounds[1] for bounds in own.values())
    if min(top - bottom for bottom, top in own.values()) < FILLED * (high - low):
        return own
    return dict.fromkeys(own, (low, high))


def _look(row: pd.Series, looks: dict[str, Look]) -> Look:
    return script_look(row["script"])._replace(colour=looks[row["lang"]].colour)
