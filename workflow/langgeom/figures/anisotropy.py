"""What the figures of anisotropy by layer share: a panel a model, from 0 to 1, enlarged below where lines are small."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import NUMBERS, by_layer, numbers, panels, title_of
from langgeom.figures.lines import BANDS, Cell, draw_cells, family_legend, family_series, in_rows
from langgeom.figures.scales import limits
from langgeom.figures.settings import Settings
from langgeom.figures.style import family_looks
from langgeom.figures.words import footnote, layer_axis, words

__all__ = ["WHOLE", "draw_anisotropy"]

# Anisotropy lies in (0, 1]; figures that all show this range can be compared at a glance.
WHOLE = (0.0, 1.0)
# Lines that all stay below this lie on one another.
SMALL = 0.25


def draw_anisotropy(table: pd.DataFrame, settings: Settings, title: str, kind: str, inits: tuple[str, ...]) -> Drawing:
    """Draw anisotropy by layer of the models of one kind and of these inits, one line a language."""
    rows = by_layer(table, settings.anisotropy)
    rows = rows[(rows["kind"] == kind) & rows["init"].isin(inits)].reset_index(drop=True)
    if rows.empty:
        which = " or ".join(inits) if len(inits) == 1 else "trained or untrained"
        return nothing(title, f"no {which} {kind} has the metric '{settings.anisotropy}'; add one to the models.", NUMBERS)
    looks = family_looks(rows.drop_duplicates("text")["lang"])
    texts = list(rows["text"].unique())
    groups = dict(list(rows.groupby(["model", "corpus"])))
    small = rows.groupby(["model", "corpus"])["value"].max().min() < SMALL
    grid: list[list[Cell | None]] = []
    bounds = []
    for line in in_rows(panels(rows)):
        cells = [
            Cell(title_of(panel, rows), family_series(groups[panel], looks, settings.reference, texts)) if panel else None
            for panel in line
        ]
        # Where some model's lines lie on the floor, labels stand beside the enlarged panels alone.
        grid.append([cell and cell._replace(labelled=not small) for cell in cells])
        bounds.append(WHOLE)
        if small:
            grid.append([
                cell and panel and cell._replace(title=f"{cell.title}, own scale", bounds=limits(groups[panel], bands=False))
                for cell, panel in zip(cells, line, strict=True)
            ])  # fmt: skip
            bounds.append(WHOLE)
    legend = family_legend(looks, settings.reference, texts)
    figure = draw_cells(
        title, footnote(settings.anisotropy, rows, "", BANDS), grid, words(settings.anisotropy).axis,
        layer_axis(settings.final_norm), bounds=bounds, legend=legend, legend_title="Language family",
    )  # fmt: skip
    return Drawing(figure, numbers(rows))
