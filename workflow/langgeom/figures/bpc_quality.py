"""Figure 14: bits per character against quality and against intrinsic dimension, one point a language."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.against import FIT, draw_against, families_of, family_legend, paired
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import by_layer, main_models, panels, title_of
from langgeom.figures.qualities import bits, choose, quality_note
from langgeom.figures.settings import Settings
from langgeom.figures.style import page
from langgeom.figures.summary import SUMMARISED, median_over_layers
from langgeom.figures.words import words

__all__ = ["ALIAS", "CAPTION", "METRICS", "TABLES", "TITLE", "draw"]

ALIAS = "fig14"
TITLE = "Bits per character, quality and intrinsic dimension"
CAPTION = (
    "Bits per character of each language against the model's quality in it (left) and against its intrinsic dimension (right). "
    "Does a text that the model predicts well also have the lower dimension, and is the model better in its language?"
)
METRICS = ("bpc", "id")
TABLES = ("metrics", "quality")
COLUMNS = ("model", "corpus", "against", "text", "x", "x_low", "x_high", "y", "low", "high")


def draw(metrics: pd.DataFrame, quality: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a row for each trained model with bits per character: these across, quality and intrinsic dimension up."""
    rows = main_models(by_layer(metrics, settings.id))
    dimensions = median_over_layers(rows)
    # Bits per character are not drawn against themselves.
    settings = settings._replace(quality="auto") if settings.quality == "bpc" else settings
    chosen = choose(quality, panels(rows), settings)
    lines = []
    for panel in panels(rows):
        across = bits(quality, panel)
        if across is None:
            continue
        mine = dimensions[(dimensions["model"] == panel[0]) & (dimensions["corpus"] == panel[1])]
        shown = chosen.get(panel)
        pairs = [paired(across.rows, part) for part in (shown.rows if shown else mine.iloc[:0], mine)]
        if any(map(len, pairs)):
            lines.append((panel, pairs))
    if not lines:
        reason = f"no trained model has bits per character and '{settings.id}'; add bpc to metrics.text and a decoder."
        return nothing(TITLE, reason, COLUMNS)
    looks = families_of([text for _, pairs in lines for pair in pairs for text in pair["text"]])
    said = quality_note(chosen[panel] for panel, pairs in lines if len(pairs[0]))
    note = " ".join(filter(None, ["Bits per character: summed loss over summed characters; a character holds more in some "
                                  "scripts than in others.", said, words(settings.id).definition, FIT,
                                  "Thin bars: 95 % bootstrap intervals over sentences."]))  # fmt: skip
    sheet = page(TITLE, note, [[bool(len(pair)) for pair in pairs] for _, pairs in lines], 3.6, [3.3] * len(lines), right=0.1,
                 gap=0.75, above=0.9, legend=family_legend(looks), legend_title="Language family")  # fmt: skip
    drawn = []
    for (panel, pairs), row in zip(lines, sheet.axes, strict=True):
        axis = chosen[panel].axis if panel in chosen else ""
        ups = (axis, f"{words(settings.id).axis}, {SUMMARISED}")
        for pair, axes, up, against in zip(pairs, row, ups, ("quality", "id"), strict=True):
            if axes is None:
                continue
            draw_against(axes, pair, looks, title_of(panel, rows), settings.reference)
            axes.set_xlabel("Bits per character")
            axes.set_ylabel(up)
            name = chosen[panel].rows["quality"].iloc[0] if against == "quality" else settings.id
            drawn.append(pair.assign(model=panel[0], corpus=panel[1], against=name))
    return Drawing(sheet.figure, pd.concat(drawn, ignore_index=True)[list(COLUMNS)])
