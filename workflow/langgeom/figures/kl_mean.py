"""Figure 07: KL divergence to the reference text, of the mean vector of each sentence."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing
from langgeom.figures.kl import draw_kl
from langgeom.figures.settings import Settings

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig07"
TITLE = "KL divergence to the reference text, sentence means"
CAPTION = (
    "KL divergence of each language's sentence means to those of the reference text; languages in two scripts are "
    "bold, their scripts joined. "
    "How far from the reference is a language, and which of its scripts is the farther one?"
)
METRICS = ("kl_mean",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one column a trained model."""
    return draw_kl(table, settings, "kl_mean", TITLE)
