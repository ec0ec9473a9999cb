"""Figure 13: anisotropy by layer of encoders."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.anisotropy import draw_anisotropy
from langgeom.figures.drawing import Drawing
from langgeom.figures.settings import Settings

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig13"
TITLE = "Anisotropy by layer, encoders"
CAPTION = (
    "Anisotropy by layer of encoders, trained and untrained, one line a language. "
    "Does it stay near zero at every layer, on the scale of the decoders' figures?"
)
METRICS = ("anisotropy",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel a model, one line a language."""
    return draw_anisotropy(table, settings, TITLE, "encoder", ("trained", "untrained"))
