"""Figure 11: anisotropy by layer of languages written in two scripts, untrained models left, trained ones right."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import NUMBERS, by_layer, numbers, title_of, twins, two_scripts
from langgeom.figures.lines import BANDS, Cell, Series, draw_cells, limits
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
        # A scale of its own: on one scale for all, the scripts of an untrained model coincide.
        return Cell(title_of(panel, rows), series, bounds=limits(groups[panel]))

    pairs = twins(rows)
    sides = [side for side in (1, 0) if any(pair[side] for pair in pairs)]
    grid = [[cell(pair[side]) for side in sides] for pair in pairs]
    legend = [Look(look.colour, "", "-", 2.2).handle(language(lang).name) for lang, look in looks.items()]
    legend += [script_look(code)._replace(colour="#444444").handle(script(code).name) for code in sorted(set(rows["script"]))]
    note = footnote(settings.anisotropy, rows, "", BANDS, "Each panel has its own scale.")
    figure = draw_cells(
        TITLE, note, grid, words(settings.anisotropy).axis, layer_axis(settings.final_norm),
        bounds=[(0.0, 1.0)] * len(grid), legend=legend, legend_title="Language, script",
        width=3.5, height=2.9, right=1.3,
    )  # fmt: skip
    return Drawing(figure, numbers(rows))


def _look(row: pd.Series, looks: dict[str, Look]) -> Look:
    return script_look(row["script"])._replace(colour=looks[row["lang"]].colour)
