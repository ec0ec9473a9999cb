"""Estimators of intrinsic dimension compared: each by layer, on one text, one panel a model."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import LEAST, NUMBERS, by_layer, main_models, numbers, panels, reliable, title_of
from langgeom.figures.lines import BANDS, Cell, Series, draw_cells, in_rows
from langgeom.figures.scales import settled_scale
from langgeom.figures.settings import Settings
from langgeom.figures.style import COLOURS, DASHES, MARKERS, Look
from langgeom.figures.words import layer_axis, words
from langgeom.languages import label

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = ""
TITLE = "Estimators of intrinsic dimension"
CAPTION = (
    "Intrinsic dimension by layer as several estimators give it, on one and the same text. "
    "What do they agree on (the trend), and what depends on the estimator (the value)?"
)
METRICS = ("id_microscope", "id_twonn", "id_mle", "id_gride", "id_pca")


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel for each trained model: the reference text where a model has it, else its first."""
    parts = [main_models(by_layer(table, metric)) for metric in METRICS]
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    texts = set(rows["text"])
    text = settings.reference if settings.reference in texts else min(texts, default="")
    rows = rows[rows["text"] == text]
    shown, few = reliable(rows)
    if shown.empty:
        reason = (
            f"no text has one of {', '.join(METRICS)} from {LEAST} points or more; add them to metrics.token, "
            "or name texts in in_depth.texts."
        )
        return nothing(TITLE, reason, NUMBERS)
    groups = dict(list(shown.groupby(["model", "corpus"])))
    looks = {metric: Look(COLOURS[i], MARKERS[i], DASHES[i % len(DASHES)], 1.6) for i, metric in enumerate(METRICS)}

    def cell(panel: tuple[str, str]) -> Cell:
        lines = groups[panel].groupby("metric", sort=False)
        return Cell(
            title_of(panel, shown), [Series(str(name), line.assign(x=line["layer"]), looks[str(name)]) for name, line in lines]
        )

    # The order of the metrics, not of models: by_layer sorted each.
    order = panels(shown.assign(rank=shown["kind"].map({"decoder": 0, "encoder": 1})).sort_values(["rank", "model", "corpus"]))
    grid = [[cell(panel) if panel else None for panel in line] for line in in_rows(order)]
    scale = settled_scale(shown)
    definitions = [words(metric).definition for metric in METRICS if metric in set(shown["metric"])]
    figure = draw_cells(
        f"{TITLE}, {label(text, [])}", " ".join(filter(None, [*definitions, BANDS, scale.note, few])), grid,
        "Intrinsic dimension", layer_axis(settings.final_norm), bounds=[scale.bounds] * len(grid), log=scale.log,
    )  # fmt: skip
    return Drawing(figure, numbers(rows))
