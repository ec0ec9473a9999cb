"""Figure 5: intrinsic dimension against the quality of the model, one point a language, one panel a trained model."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.against import FIT, draw_against, families_of, family_legend, paired
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import by_layer, main_models, panels, title_of
from langgeom.figures.lines import in_rows
from langgeom.figures.qualities import choose, quality_note
from langgeom.figures.settings import Settings
from langgeom.figures.style import page
from langgeom.figures.summary import SUMMARISED, median_over_layers
from langgeom.figures.words import words

__all__ = ["ALIAS", "CAPTION", "METRICS", "TABLES", "TITLE", "draw"]

ALIAS = "fig05"
TITLE = "Intrinsic dimension and quality"
CAPTION = (
    "Intrinsic dimension of each language, the median over layers, against the model's quality in that language. "
    "Is a model better in languages whose intrinsic dimension is lower?"
)
METRICS = ("id",)
TABLES = ("metrics", "quality")
COLUMNS = ("model", "corpus", "text", "quality", "origin", "harness", "x", "x_low", "x_high", "y", "low", "high")


def draw(metrics: pd.DataFrame, quality: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel for each trained model that has a quality: quality across, intrinsic dimension up."""
    rows = main_models(by_layer(metrics, settings.id))
    if rows.empty:
        return nothing(TITLE, f"no model has the metric '{settings.id}'.", COLUMNS)
    dimensions = median_over_layers(rows)
    of = dict(list(dimensions.groupby(["model", "corpus"])))
    chosen = choose(quality, panels(rows), settings)
    points = {panel: paired(shown.rows, of[panel]) for panel, shown in chosen.items() if panel in of}
    points = {panel: pairs for panel, pairs in points.items() if len(pairs)}
    if not points:
        wanted = "quality" if settings.quality == "auto" else f"quality '{settings.quality}'"
        reason = f"no language has an intrinsic dimension and a {wanted}; add retrieval to metrics.aligned, or `published`."
        return nothing(TITLE, reason, COLUMNS)
    looks = families_of([text for pairs in points.values() for text in pairs["text"]])
    grid = in_rows(list(points))
    note = " ".join(
        [
            words(settings.id).definition,
            quality_note(chosen[panel] for panel in points),
            FIT,
            "Thin bars: 95 % intervals of the quality.",
        ]
    )
    sheet = page(TITLE, note, [[panel is not None for panel in line] for line in grid], 3.6, [3.4] * len(grid), right=0.1,
                 gap=0.7, above=0.9, legend=family_legend(looks), legend_title="Language family")  # fmt: skip
    drawn = []
    for line, row in zip(grid, sheet.axes, strict=True):
        for panel, axes in zip(line, row, strict=True):
            if panel is None or axes is None:
                continue
            draw_against(axes, points[panel], looks, title_of(panel, rows), settings.reference)
            axes.set_xlabel(chosen[panel].axis)
            axes.set_ylabel(f"{words(settings.id).axis}, {SUMMARISED}")
            shown = chosen[panel].rows.iloc[0]
            about = {"model": panel[0], "corpus": panel[1], **{key: shown[key] for key in ("quality", "origin", "harness")}}
            drawn.append(points[panel].assign(**about))
    return Drawing(sheet.figure, pd.concat(drawn, ignore_index=True)[list(COLUMNS)])
