"""Figure 10: anisotropy by layer of trained decoders."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.anisotropy import draw_anisotropy
from langgeom.figures.drawing import Drawing
from langgeom.figures.settings import Settings

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig10"
TITLE = "Anisotropy by layer, trained decoders"
CAPTION = (
    "Anisotropy by layer of trained decoders, one line a language. "
    "Compare with the untrained decoders: what is high only here comes from training."
)
METRICS = ("anisotropy",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one panel a model, one line a language."""
    return draw_anisotropy(table, settings, TITLE, "decoder", ("trained",))
