"""Figure 09: anisotropy by layer of untrained decoders."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.anisotropy import draw_anisotropy
from langgeom.figures.drawing import Drawing
from langgeom.figures.settings import Settings

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig09"
TITLE = "Anisotropy by layer, untrained decoders"
CAPTION = (
    "Anisotropy by layer of decoders with random weights, one line a language. "
    "Whatever is high here comes from the architecture and the text, not from training."
)
METRICS = ("anisotropy",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel a model, one line a language."""
    return draw_anisotropy(table, settings, TITLE, "decoder", ("untrained",))
