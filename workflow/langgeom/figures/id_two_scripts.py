"""Figure 2: intrinsic dimension by layer of languages written in two scripts, one panel a language and model."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import LEAST, NUMBERS, by_layer, main_models, numbers, panels, reliable, title_of, two_scripts
from langgeom.figures.lines import BANDS, Cell, Series, draw_cells
from langgeom.figures.scales import settled_scale
from langgeom.figures.settings import Settings
from langgeom.figures.style import script_look
from langgeom.figures.words import footnote, layer_axis, words
from langgeom.languages import label, language, script
from langgeom.names import TextName

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig02"
TITLE = "Intrinsic dimension by layer, languages written in two scripts"
CAPTION = (
    "Intrinsic dimension by layer of one text in two scripts. Where tokens are capped, the script that needs more of them "
    "keeps fewer sentences, so bands may part by script or by what was kept: is Latin script the higher one?"
)
METRICS = ("id",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row of panels for each trained model (any model where none is trained), a column for each language."""
    rows = two_scripts(main_models(by_layer(table, settings.id)))
    if rows.empty:
        return nothing(
            TITLE, f"no language has '{settings.id}' in two scripts; add one, such as uig_Latn and uig_Arab.", NUMBERS
        )
    shown, few = reliable(rows)
    if shown.empty:
        reason = f"every value of '{settings.id}' rests on fewer than {LEAST} points; the CSV has them."
        return nothing(TITLE, reason, NUMBERS)._replace(numbers=numbers(rows))
    names = {text: TextName.parse(text) for text in shown["text"].unique()}
    columns = list(dict.fromkeys((name.lang, name.variant) for name in names.values()))
    grid: list[list[Cell | None]] = []
    for model, corpus in panels(shown):
        mine = shown[(shown["model"] == model) & (shown["corpus"] == corpus)]
        line: list[Cell | None] = []
        for column in columns:
            texts = [text for text in mine["text"].unique() if (names[text].lang, names[text].variant) == column]
            series = [_series(mine[mine["text"] == text], names[text]) for text in texts]
            heading = label(texts[0], []) if column[1] and texts else language(column[0]).name
            title = f"{heading}\n{title_of((model, corpus), rows)}"
            line.append(Cell(title, series) if series else None)
        grid.append(line)
    scripts = sorted(set(shown["script"]))
    scale = settled_scale(shown)
    figure = draw_cells(
        TITLE, footnote(settings.id, shown, "", BANDS, scale.note, few), grid, words(settings.id).axis,
        _axis(settings.final_norm),
        bounds=[scale.bounds] * len(grid), log=scale.log, width=2.25, height=2.25, right=0.62,
        legend=[script_look(code).handle(script(code).name) for code in scripts], legend_title="Script",
    )  # fmt: skip
    return Drawing(figure, numbers(rows))


def _series(points: pd.DataFrame, name: TextName) -> Series:
    return Series(script(name.script).name.replace(" Han", ""), points.assign(x=points["layer"]), script_look(name.script))


def _axis(final_norm: bool) -> str:
    # The panels are too narrow for the whole sentence in one line.
    return layer_axis(final_norm).replace(" (", "\n(")
