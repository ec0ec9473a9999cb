"""Intrinsic dimension by several estimators on one text, and by Gride at several scales on a few texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, layer_axis
from langgeom.analysis.rows import (
    LEAST,
    NUMBERS,
    by_layer,
    in_order,
    main_models,
    numbers,
    panels,
    reliable,
    rows_of,
    title_of,
)
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.lines import BANDS, Cell, Series, draw_cells, in_rows, label_series
from langgeom.figures.scales import Limits, log_limits, plain_log, settled_scale
from langgeom.figures.style import COLOURS, DASHES, MARKERS, Look, page
from langgeom.languages import label, language
from langgeom.names import TextName

# The scale n1 of each metric of `id_scales`: it compares the distance to the n1-th neighbour with that to the 2 n1-th.
SCALES = (1, 2, 4, 8, 16, 32, 64)
TEXTS = 3
DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
# From the first layer to the last, from dark to light, but dark enough for white paper.
SHADES = ("#2D1160", "#721F81", "#B5367A", "#E8643F", "#D99A00")


def _rows(figure: Figure, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all metrics of a figure, of trained models (any model if none is trained)."""
    parts = [main_models(by_layer(table, metric)) for metric in figure.metrics]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _missing(figure: Figure) -> str:
    metrics = ", ".join(figure.metrics)
    return (
        f"no text has one of {metrics} from {LEAST} points or more; add them to metrics.token, or name texts in in_depth.texts."
    )


@figure(
    "id_estimators",
    title="Estimators of intrinsic dimension",
    caption="Intrinsic dimension by layer as several estimators give it, on one and the same text. "
    "What do they agree on (the trend), and what depends on the estimator (the value)?",
    metrics=("id_microscope", "id_twonn", "id_mle", "id_gride", "id_pca"),
)
def by_estimator(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel per trained model: the reference text if it is there, else the first."""
    rows = _rows(figure, table)
    texts = set(rows["text"])
    text = settings.reference if settings.reference in texts else min(texts, default="")
    rows = rows[rows["text"] == text]
    shown, few = reliable(rows)
    if shown.empty:
        return nothing(figure.title, _missing(figure), NUMBERS)
    looks = {metric: Look(COLOURS[i], MARKERS[i], DASHES[i % len(DASHES)], 1.6) for i, metric in enumerate(figure.metrics)}
    cells = []
    for panel in panels(in_order(shown)):
        lines = rows_of(shown, panel).groupby("metric", sort=False)
        series = [Series(str(name), line.assign(x=line["layer"]), looks[str(name)]) for name, line in lines]
        cells.append(Cell(title_of(panel, shown), series))
    grid = in_rows(cells)
    scale = settled_scale(shown)
    sentences = [definition(metric).sentence for metric in figure.metrics if metric in set(shown["metric"])]
    sheet = draw_cells(
        f"{figure.title}, {label(text, [])}", " ".join(filter(None, [*sentences, BANDS, scale.note, few])), grid,
        "Intrinsic dimension", layer_axis(settings.final_norm), bounds=[scale.bounds] * len(grid), log=scale.log,
    )  # fmt: skip
    return Drawing(sheet, numbers(rows))


@figure(
    "id_scales",
    title="Intrinsic dimension by scale",
    caption="Intrinsic dimension by Gride as its neighbourhood grows, at layers of five depths, for a few texts. "
    "A level stretch is a dimension to trust; a slope says that there is no one dimension.",
    metrics=("id_gride_1", "id_gride_2", "id_gride_4", "id_gride", "id_gride_16", "id_gride_32", "id_gride_64"),
)
def by_scale(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row per trained model and a column per text, one line per layer."""
    rows, few = reliable(_rows(figure, table))
    if rows.empty:
        return nothing(figure.title, _missing(figure), (*NUMBERS, "scale"))
    rows = rows.assign(scale=rows["metric"].map(dict(zip(figure.metrics, SCALES, strict=True))))
    texts = few_texts(list(rows["text"].unique()), settings)
    rows = rows[rows["text"].isin(texts)]
    groups = {panel: rows_of(rows, panel) for panel in panels(in_order(rows))}
    layers = {panel: few_layers(group["layer"]) for panel, group in groups.items()}
    groups = {panel: group[group["layer"].isin(layers[panel])] for panel, group in groups.items()}
    present = [[text in set(group["text"]) for text in texts] for group in groups.values()]
    note = " ".join(filter(None, [definition("id_gride").sentence, "Scale 1 is TwoNN's, the most local.", BANDS, few]))
    sheet = page(figure.title, note, present, 2.6, [2.5] * len(groups), right=0.75, gap=0.3)
    for (panel, group), line in zip(groups.items(), sheet.axes, strict=True):
        bounds = log_limits(group["value"])
        for column, (text, axes) in enumerate(zip(texts, line, strict=True)):
            if axes is None:
                continue
            _panel(axes, group[group["text"] == text], layers[panel], bounds)
            axes.set_title(f"{title_of(panel, rows)} · {label(text, texts)}", loc="left")
            axes.set_xlabel("Scale: neighbour n of distances r(2n) / r(n)")
            if not any(line[:column]):
                axes.set_ylabel("Intrinsic dimension (Gride)")
            else:
                axes.tick_params(labelleft=False, which="both")
    drawn = pd.concat(groups.values(), ignore_index=True)
    return Drawing(sheet.figure, numbers(drawn).assign(scale=drawn["scale"]))


def few_texts(texts: Sequence[str], settings: Settings) -> list[str]:
    """Choose at most three texts: the reference, then (of the sample, if one is set) the first of each further family."""
    chosen = [settings.reference] if settings.reference in texts else []
    allowed = [text for text in sorted(texts) if not settings.sample or text in settings.sample]
    for new_family in (True, False):
        for text in allowed:
            families = {language(TextName.parse(other).lang).family for other in chosen}
            known = language(TextName.parse(text).lang).family in families
            if len(chosen) < TEXTS and text not in chosen and not (new_family and known):
                chosen.append(text)
    return chosen


def few_layers(layers: pd.Series) -> list[int]:
    """Return the layers at 0, 1/4, 1/2, 3/4 and all of the depth that there are, with layer 1 instead of the embedding.

    At the embedding layer most points are duplicates, so that few are left to have neighbours.
    """
    there = np.unique(layers)
    there = there[there > 0] if (there > 0).any() else there
    wanted = [int(there[np.abs(there - depth * there.max()).argmin()]) for depth in DEPTHS]
    return list(dict.fromkeys(wanted))


def _panel(axes: Axes, rows: pd.DataFrame, layers: Sequence[int], bounds: Limits) -> None:
    looks = {layer: Look(SHADES[i], MARKERS[i], DASHES[i % 4], 1.5) for i, layer in enumerate(layers)}
    series = [
        Series(f"layer {layer}", points.assign(x=points["scale"]).sort_values("x"), looks[layer])
        for layer in layers
        if len(points := rows[rows["layer"] == layer])
    ]
    axes.set_yscale("log")
    plain_log(axes.yaxis, bounds)
    axes.set_ylim(*bounds)
    axes.set_xscale("log", base=2)
    for _, points, look, _ in series:
        axes.fill_between(points["x"], points["low"], points["high"], color=look.colour, alpha=0.12, lw=0)
        axes.plot(points["x"], points["value"], color=look.colour, ls=look.dash, lw=look.width, marker=look.marker, ms=4, mew=0)
    scales = sorted(rows["scale"].unique())
    axes.set_xlim(0.92, scales[-1] * 1.04)
    axes.set_xticks(scales, [str(scale) for scale in scales])
    axes.minorticks_off()
    label_series(axes, series, bounds)
