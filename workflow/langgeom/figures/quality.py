"""Quality in each language against intrinsic dimension (figure 5), and bits per character against both (figure 14)."""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition
from langgeom.analysis.layers import MEDIAN, medians
from langgeom.analysis.quality import besides_bits, bits, choose, quality_note
from langgeom.analysis.rows import by_layer, main_models, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.lines import in_rows
from langgeom.figures.scatter import FIT, draw_against, families_of, family_marks, paired
from langgeom.figures.style import page

SOURCE = ["quality", "origin", "harness"]


@figure(
    "id_quality",
    alias="fig05",
    title="Intrinsic dimension and quality",
    caption="Intrinsic dimension of each language, the median over layers, against the model's quality in that language. "
    "Is a model better in languages whose intrinsic dimension is lower?",
    metrics=("id",),
    tables=("metrics", "quality"),
)
def id_quality(figure: Figure, metrics: pd.DataFrame, quality: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel per trained model that has a quality: quality across, intrinsic dimension up."""
    columns = ("model", "corpus", "text", *SOURCE, "x", "x_low", "x_high", "y", "low", "high")
    rows = main_models(by_layer(metrics, settings.id))
    if rows.empty:
        return nothing(figure.title, f"no model has the metric '{settings.id}'.", columns)
    dimensions = medians(metrics, settings.id, settings)
    chosen = choose(quality, panels(rows), settings.quality)
    points = {panel: paired(shown.rows, rows_of(dimensions, panel)) for panel, shown in chosen.items()}
    points = {panel: pairs for panel, pairs in points.items() if len(pairs)}
    if not points:
        wanted = "quality" if settings.quality == "auto" else f"quality '{settings.quality}'"
        reason = f"no language has an intrinsic dimension and a {wanted}; add retrieval to metrics.aligned, or `published`."
        return nothing(figure.title, reason, columns)
    looks = families_of([text for pairs in points.values() for text in pairs["text"]])
    grid = in_rows(list(points))
    source = quality_note(chosen[panel] for panel in points)
    note = " ".join([definition(settings.id).sentence, source, FIT, "Thin bars: 95 % intervals of the quality."])
    sheet = page(figure.title, note, [[panel is not None for panel in line] for line in grid], 3.6, [3.4] * len(grid),
                 right=0.1, gap=0.7, above=0.9, legend=family_marks(looks), legend_title="Language family")  # fmt: skip
    drawn = []
    for panel, axes in (
        (panel, axes) for line in zip(grid, sheet.axes, strict=True) for panel, axes in zip(*line, strict=True)
    ):
        if panel is None or axes is None:
            continue
        draw_against(axes, points[panel], looks, title_of(panel, rows), settings.reference)
        axes.set_xlabel(chosen[panel].axis)
        axes.set_ylabel(f"{definition(settings.id).axis}, {MEDIAN}")
        about = {"model": panel[0], "corpus": panel[1], **chosen[panel].rows.iloc[0][SOURCE]}
        drawn.append(points[panel].assign(**about))
    return Drawing(sheet.figure, pd.concat(drawn, ignore_index=True)[list(columns)])


@figure(
    "bpc_quality",
    alias="fig14",
    title="Bits per character, quality and intrinsic dimension",
    caption="Bits per character of each language against the model's quality in it (left) and against its intrinsic dimension "
    "(right). "
    "Does a text that the model predicts well also have the lower dimension, and is the model better in its language?",
    metrics=("bpc", "id"),
    tables=("metrics", "quality"),
)
def bpc_quality(figure: Figure, metrics: pd.DataFrame, quality: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row per trained model with bits per character: these across, quality and intrinsic dimension up."""
    columns = ("model", "corpus", "against", "text", "x", "x_low", "x_high", "y", "low", "high")
    rows = main_models(by_layer(metrics, settings.id))
    dimensions = medians(metrics, settings.id, settings)
    chosen = choose(quality, panels(rows), besides_bits(settings.quality))
    lines = []
    for panel in panels(rows):
        across, shown, dimension = bits(quality, panel), chosen.get(panel), rows_of(dimensions, panel)
        if across is not None:
            pairs = [paired(across.rows, up) for up in (shown.rows if shown else dimension.iloc[:0], dimension)]
            lines += [(panel, pairs)] if any(map(len, pairs)) else []
    if not lines:
        reason = f"no trained model has bits per character and '{settings.id}'; add bpc to metrics.text and a decoder."
        return nothing(figure.title, reason, columns)
    looks = families_of([text for _, pairs in lines for pair in pairs for text in pair["text"]])
    note = " ".join(filter(None, [
        "Bits per character: summed loss over summed characters; a character holds more in some scripts than in others.",
        quality_note(chosen[panel] for panel, pairs in lines if len(pairs[0])), definition(settings.id).sentence, FIT,
        "Thin bars: 95 % bootstrap intervals over sentences.",
    ]))  # fmt: skip
    sheet = page(figure.title, note, [[bool(len(pair)) for pair in pairs] for _, pairs in lines], 3.6, [3.3] * len(lines),
                 right=0.1, gap=0.75, above=0.9, legend=family_marks(looks), legend_title="Language family")  # fmt: skip
    drawn = []
    for (panel, pairs), row in zip(lines, sheet.axes, strict=True):
        shown = chosen.get(panel)
        ups = [(shown.axis, shown.rows["quality"].iloc[0]) if shown else ("", "")]
        ups += [(f"{definition(settings.id).axis}, {MEDIAN}", settings.id)]
        for pair, axes, (up, against) in zip(pairs, row, ups, strict=True):
            if axes is not None:
                draw_against(axes, pair, looks, title_of(panel, rows), settings.reference)
                axes.set_xlabel("Bits per character")
                axes.set_ylabel(up)
                drawn.append(pair.assign(model=panel[0], corpus=panel[1], against=against))
    return Drawing(sheet.figure, pd.concat(drawn, ignore_index=True)[list(columns)])
