"""Anisotropy by layer: untrained decoders, trained decoders, encoders, and languages in two scripts (figures 9 to 11, 13)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote, layer_axis
from langgeom.analysis.pairs import twins, two_scripts
from langgeom.analysis.rows import NUMBERS, Panel, by_layer, numbers, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.lines import BANDS, Cell, Families, by_text, draw_cells, in_rows
from langgeom.figures.scales import Limits, limits
from langgeom.figures.style import Look, language_looks, script_look
from langgeom.languages import language, script

# Anisotropy lies in (0, 1]; figures that all show this range can be compared at a glance.
WHOLE = (0.0, 1.0)
# Lines that all stay below this lie on one another.
SMALL = 0.25
# The share of a common axis that the lines of both twins must fill.
FILLED = 0.25
# The models of a figure: their kind, and how they were initialised.
MODELS = {
    "anisotropy_untrained": ("decoder", ("untrained",)),
    "anisotropy_trained": ("decoder", ("trained",)),
    "anisotropy_encoder": ("encoder", ("trained", "untrained")),
}


@figure(
    "anisotropy_untrained",
    alias="fig09",
    title="Anisotropy by layer, untrained decoders",
    caption="Anisotropy by layer of decoders with random weights, one line a language. "
    "Whatever is high here comes from the architecture and the text, not from training.",
    metrics=("anisotropy",),
)
@figure(
    "anisotropy_trained",
    alias="fig10",
    title="Anisotropy by layer, trained decoders",
    caption="Anisotropy by layer of trained decoders, one line a language. "
    "Compare with the untrained decoders: what is high only here comes from training.",
    metrics=("anisotropy",),
)
@figure(
    "anisotropy_encoder",
    alias="fig13",
    title="Anisotropy by layer, encoders",
    caption="Anisotropy by layer of encoders, trained and untrained, one line a language. "
    "Does it stay near zero at every layer, on the scale of the decoders' figures?",
    metrics=("anisotropy",),
)
def by_kind(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a panel per model, from 0 to 1, and an enlarged one below it if the lines of some model are small."""
    kind, inits = MODELS[figure.name]
    rows = by_layer(table, settings.anisotropy)
    rows = rows[(rows["kind"] == kind) & rows["init"].isin(inits)].reset_index(drop=True)
    if rows.empty:
        reason = f"no {' or '.join(inits)} {kind} has the metric '{settings.anisotropy}'; add one to the models."
        return nothing(figure.title, reason, NUMBERS)
    lines = Families(rows, settings.reference)
    small = rows.groupby(["model", "corpus"])["value"].max().min() < SMALL
    grid: list[list[Cell | None]] = []
    for line in in_rows(panels(rows)):
        cells = [lines.cell(panel) for panel in line]
        # If the lines of some model lie on the floor, labels stand beside the enlarged panels alone.
        grid.append([cell and cell._replace(labelled=not small) for cell in cells])
        if small:
            grid.append([
                cell._replace(title=f"{cell.title}, own scale", bounds=limits(rows_of(rows, panel), bands=False))
                if cell and panel else None
                for cell, panel in zip(cells, line, strict=True)
            ])  # fmt: skip
    sheet = draw_cells(
        figure.title, footnote(settings.anisotropy, rows, "", BANDS), grid, definition(settings.anisotropy).axis,
        layer_axis(settings.final_norm), bounds=[WHOLE] * len(grid), legend=lines.legend, legend_title="Language family",
    )  # fmt: skip
    return Drawing(sheet, numbers(rows))


@figure(
    "anisotropy_two_scripts",
    alias="fig11",
    title="Anisotropy by layer, languages written in two scripts",
    caption="Anisotropy by layer of languages in two scripts: colour tells the language, line and marker the script. "
    "Left without, right with training: is Arabic script the lower one of its pair?",
    metrics=("anisotropy",),
)
def in_two_scripts(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row per architecture: its untrained twin on the left, the trained model on the right."""
    rows = two_scripts(by_layer(table, settings.anisotropy))
    if rows.empty:
        reason = f"no language has '{settings.anisotropy}' in two scripts; add one, such as uig_Latn and uig_Arab."
        return nothing(figure.title, reason, NUMBERS)
    looks, texts = language_looks(rows["lang"]), list(rows["text"].unique())
    groups = {panel: rows_of(rows, panel) for panel in panels(rows)}
    pairs = twins(rows)
    scales = {panel: bounds for pair in pairs for panel, bounds in _scales(pair, groups).items()}

    def look(row: pd.Series) -> Look:
        return script_look(row["script"])._replace(colour=looks[row["lang"]].colour)

    def cell(panel: Panel | None) -> Cell | None:
        return Cell(title_of(panel, rows), by_text(groups[panel], look, texts), bounds=scales[panel]) if panel else None

    # Pairs first; models without a twin fill the rows after them.
    alone = [panel for pair in pairs if not all(pair) for panel in pair if panel]
    grid = [[cell(untrained), cell(trained)] for trained, untrained in pairs if trained and untrained]
    grid += [list(map(cell, row)) for row in in_rows(alone, 2)]
    grid = [row + [None] * (len(grid[0]) - len(row)) for row in grid]
    legend = [Look(look.colour, "", "-", 2.2).handle(language(lang).name) for lang, look in looks.items()]
    legend += [script_look(code)._replace(colour="#444444").handle(script(code).name) for code in sorted(set(rows["script"]))]
    note = footnote(settings.anisotropy, rows, "", BANDS, "Twins share a scale where that leaves lines apart.")
    sheet = draw_cells(
        figure.title, note, grid, definition(settings.anisotropy).axis, layer_axis(settings.final_norm),
        bounds=[WHOLE] * len(grid), legend=legend, legend_title="Language, script", width=3.5, height=2.9, right=1.3,
    )  # fmt: skip
    return Drawing(sheet, numbers(rows))


def _scales(pair: tuple[Panel | None, Panel | None], groups: Mapping[Panel, pd.DataFrame]) -> dict[Panel, Limits]:
    """Give a model and its twin one scale, or each its own if the lines of one would fill too little of it."""
    own = {panel: limits(groups[panel], bands=False) for panel in pair if panel}
    low, high = min(bounds[0] for bounds in own.values()), max(bounds[1] for bounds in own.values())
    if min(top - bottom for bottom, top in own.values()) < FILLED * (high - low):
        return own
    return dict.fromkeys(own, (low, high))
