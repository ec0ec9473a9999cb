"""Figure 08: KL divergence to the reference text, token by token, sentences zero-padded to one length."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.drawing import Drawing
from langgeom.figures.kl import draw_kl
from langgeom.figures.settings import Settings

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig08"
TITLE = "KL divergence to the reference text, zero-padded tokens"
CAPTION = (
    "KL divergence of each language's tokens to those of the reference text, sentences zero-padded to one length and "
    "not averaged. "
    "Does it order the languages as the divergence of sentence means does?"
)
METRICS = ("kl_padded",)


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw one column a trained model."""
    return draw_kl(table, settings, "kl_padded", TITLE)
