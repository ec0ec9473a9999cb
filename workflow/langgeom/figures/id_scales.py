"""Intrinsic dimension by scale: Gride at nearer and farther neighbours, at a few layers, for a few texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import LEAST, NUMBERS, by_layer, main_models, numbers, panels, reliable, title_of
from langgeom.figures.labels import End, label_ends
from langgeom.figures.lines import BANDS, Series
from langgeom.figures.scales import Limits, log_limits, plain_log
from langgeom.figures.settings import Settings
from langgeom.figures.style import DASHES, MARKERS, Look, page
from langgeom.figures.words import words
from langgeom.languages import label, language
from langgeom.names import TextName

__all__ = ["ALIAS", "CAPTION", "METRICS", "SCALES", "TITLE", "draw", "few_layers", "few_texts"]

ALIAS = ""
TITLE = "Intrinsic dimension by scale"
CAPTION = (
    "Intrinsic dimension by Gride as its neighbourhood grows, at layers of five depths, for a few texts. "
    "A level stretch is a dimension to trust; a slope says that there is no one dimension."
)
METRICS = ("id_gride_1", "id_gride_2", "id_gride_4", "id_gride", "id_gride_16", "id_gride_32", "id_gride_64")
# The scale n1 of each: it compares the distance to the n1-th neighbour with that to the 2 n1-th.
SCALES = (1, 2, 4, 8, 16, 32, 64)
TEXTS = 3
DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
# From the first layer to the last, dark to light enough for white paper; in grey it stays in order.
SHADES = ("#2D1160", "#721F81", "#B5367A", "#E8643F", "#D99A00")


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row for each trained model and a column for each of a few texts, one line a layer."""
    parts = [main_models(by_layer(table, metric)).assign(scale=scale) for metric, scale in zip(METRICS, SCALES, strict=True)]
    rows, few = reliable(pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True))
    if rows.empty:
        reason = (
            f"no text has one of {', '.join(METRICS)} from {LEAST} points or more; add them to metrics.token, "
            "or name texts in in_depth.texts."
        )
        return nothing(TITLE, reason, (*NUMBERS, "scale"))
    texts = few_texts(list(rows["text"].unique()), settings)
    rows = rows[rows["text"].isin(texts)]
    every = panels(rows.assign(rank=rows["kind"].map({"decoder": 0, "encoder": 1})).sort_values(["rank", "model", "corpus"]))
    layers = {panel: few_layers(_of(rows, panel)["layer"]) for panel in every}
    rows = pd.concat([_of(rows, panel)[_of(rows, panel)["layer"].isin(layers[panel])] for panel in every], ignore_index=True)
    present = [[text in set(_of(rows, panel)["text"]) for text in texts] for panel in every]
    note = " ".join(filter(None, [words("id_gride").definition, "Scale 1 is TwoNN's, the most local.", BANDS, few]))
    sheet = page(TITLE, note, present, 2.6, [2.5] * len(every), right=0.75, gap=0.3)
    for panel, line in zip(every, sheet.axes, strict=True):
        bounds = log_limits(_of(rows, panel)["value"])
        for column, (text, axes) in enumerate(zip(texts, line, strict=True)):
            if axes is None:
                continue
            mine = _of(rows, panel)
            _panel(axes, mine[mine["text"] == text], layers[panel], bounds)
            axes.set_title(f"{title_of(panel, rows)} · {label(text, texts)}", loc="left")
            axes.set_xlabel("Scale: neighbour n of distances r(2n) / r(n)")
            if not any(line[:column]):
                axes.set_ylabel("Intrinsic dimension (Gride)")
            else:
                axes.tick_params(labelleft=False, which="both")
    return Drawing(sheet.figure, numbers(rows).assign(scale=rows["scale"]))


def few_texts(texts: Sequence[str], settings: Settings) -> list[str]:
    """Choose at most three texts: the reference, then (of the sample, where one is set) the first of each further family."""
    first = [settings.reference] if settings.reference in texts else []
    allowed = [text for text in sorted(texts) if not settings.sample or text in settings.sample]
    chosen = list(first)
    for new in (True, False):
        for text in allowed:
            families = {language(TextName.parse(other).lang).family for other in chosen}
            known = language(TextName.parse(text).lang).family in families
            if len(chosen) < TEXTS and text not in chosen and not (new and known):
                chosen.append(text)
    return chosen


def few_layers(layers: pd.Series) -> list[int]:
    """Return the layers at 0, 1/4, 1/2, 3/4 and all of the depth, those that there are; the embedding gives way to layer 1.

    Of the embedding layer most points are duplicates, so that few are left to have neighbours.
    """
    there = np.unique(layers)
    there = there[there > 0] if (there > 0).any() else there
    wanted = [int(there[np.abs(there - depth * there.max()).argmin()]) for depth in DEPTHS]
    return list(dict.fromkeys(wanted))


def _of(rows: pd.DataFrame, panel: tuple[str, str]) -> pd.DataFrame:
    return rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1])]


def _panel(axes: Axes, rows: pd.DataFrame, layers: Sequence[int], bounds: Limits) -> None:
    looks = {layer: Look(SHADES[i], MARKERS[i], DASHES[i % 4], 1.5) for i, layer in enumerate(layers)}
    series = [
        Series(f"layer {layer}", rows[rows["layer"] == layer].assign(x=lambda part: part["scale"]), looks[layer])
        for layer in layers
        if (rows["layer"] == layer).any()
    ]
    axes.set_yscale("log")
    plain_log(axes.yaxis, bounds)
    axes.set_ylim(*bounds)
    axes.set_xscale("log", base=2)
    for line in series:
        # Scales double: evenly spaced for the eye, not for the search of gaps.
        points = line.points.sort_values("x")
        axes.fill_between(points["x"], points["low"], points["high"], color=line.look.colour, alpha=0.12, lw=0)
        look = line.look
        axes.plot(points["x"], points["value"], color=look.colour, ls=look.dash, lw=look.width, marker=look.marker, ms=4, mew=0)
    scales = sorted(rows["scale"].unique())
    axes.set_xlim(0.92, scales[-1] * 1.04)
    axes.set_xticks(scales, [str(scale) for scale in scales])
    axes.minorticks_off()
    ends = [line.points.loc[line.points["x"].idxmax()] for line in series]
    label_ends(axes, [
        End(line.name, float(end["x"]), float(np.clip(end["value"], *bounds)), line.look.colour)
        for line, end in sorted(zip(series, ends, strict=True), key=lambda pair: float(pair[1]["value"]))
    ])  # fmt: skip
