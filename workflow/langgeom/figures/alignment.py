"""Cross-lingual alignment by layer: retrieval, MEXA and CKA of every language with the reference, one column a model."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import NUMBERS, by_layer, main_models, numbers, panels, title_of
from langgeom.figures.lines import BANDS, Cell, draw_cells, family_series, in_rows
from langgeom.figures.scales import Limits, limits
from langgeom.figures.settings import Settings
from langgeom.figures.style import family_looks
from langgeom.figures.words import layer_axis, words
from langgeom.languages import label

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = ""
TITLE = "Alignment with the reference language by layer"
CAPTION = (
    "How well each layer places a sentence beside its translation in the reference language, one line a language. "
    "In which layers do languages meet, and which languages stay apart?"
)
METRICS = ("retrieval", "mexa", "cka")


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row of panels for each measure and a column for each trained model (any model where none is trained)."""
    measures = [(metric, _rows(table, metric, settings.reference)) for metric in METRICS]
    measures = [(metric, rows) for metric, rows in measures if len(rows)]
    if not measures:
        reason = f"no text besides the reference '{settings.reference}' has {', '.join(METRICS)}; add one to metrics.aligned."
        return nothing(TITLE, reason, NUMBERS)
    every = pd.concat([rows for _, rows in measures], ignore_index=True)
    looks = family_looks(every.drop_duplicates("text")["lang"])
    texts = list(every["text"].unique())
    grid: list[list[Cell | None]] = []
    bounds: list[Limits] = []
    for block in in_rows(panels(every)):
        for metric, rows in measures:
            groups = dict(list(rows.groupby(["model", "corpus"])))
            line: list[Cell | None] = []
            for panel in block:
                series = family_series(groups[panel], looks, "", texts) if panel in groups else []
                line.append(Cell(f"{words(metric).axis} · {title_of(panel, every)}", series) if panel and series else None)
            if any(line):
                grid.append(line)
                bounds.append(_bounds(rows))
    definitions = [words(metric, label(settings.reference, [])).definition for metric, _ in measures]
    lowest, highest = int(every["n"].min()), int(every["n"].max())
    count = f"n = {lowest if lowest == highest else f'{lowest} to {highest}'} sentences a value."
    figure = draw_cells(
        TITLE, " ".join([*definitions, count, BANDS]), grid, "Alignment", layer_axis(settings.final_norm), bounds=bounds,
        legend=[look.handle(family) for family, look in looks.items()], legend_title="Language family", height=2.9,
    )  # fmt: skip
    return Drawing(figure, numbers(every))


def _rows(table: pd.DataFrame, metric: str, reference: str) -> pd.DataFrame:
    rows = main_models(by_layer(table, metric))
    # With itself every text is aligned.
    return rows[rows["text"] != reference].reset_index(drop=True)


def _bounds(rows: pd.DataFrame) -> Limits:
    """Return 0 to 1, or less where no value reaches half of it; lower than 0 where values (of the debiased CKA) are."""
    low, high = limits(rows, bands=False)
    return min(-0.03, low), 1.03 if high > 0.5 else high
