"""What figures of one number a language against another share: pairing them, and a panel with the fit's words above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from langgeom.figures.scatter import draw_scatter
from langgeom.figures.style import Look, family_looks
from langgeom.languages import label, language
from langgeom.names import TextName

__all__ = ["FIT", "draw_against", "families_of", "family_legend", "paired"]

FIT = (
    "Lines: least squares, with the 95 % band of the line; r is Pearson's, ρ Spearman's correlation, n counts texts (a "
    "language in two scripts is two) and p is not corrected for many tests: findings.md tests over languages."
)


def paired(x: pd.DataFrame, y: pd.DataFrame) -> pd.DataFrame:
    """Pair two tables of one value a text (columns `text`, `value`, `low`, `high`) on the texts that both have.

    Returns:
        A row a text, by name: `text`, `x`, `x_low`, `x_high`, `y`, `low`, `high`.
    """
    across = x[["text", "value", "low", "high"]].rename(columns={"value": "x", "low": "x_low", "high": "x_high"})
    up = y[["text", "value", "low", "high"]].rename(columns={"value": "y"})
    both = across.merge(up, on="text", validate="one_to_one").dropna(subset=["x", "y"])
    return both.sort_values("text", ignore_index=True)


def families_of(texts: Iterable[str]) -> dict[str, Look]:
    """Return the looks of the language families of texts."""
    return family_looks(TextName.parse(text).lang for text in texts)


def family_legend(looks: Mapping[str, Look]) -> list[Line2D]:
    """Return a legend of points, one a family."""
    return [Line2D([], [], color=look.colour, marker=look.marker, ls="", ms=4.6, label=name) for name, look in looks.items()]


def draw_against(axes: Axes, points: pd.DataFrame, looks: Mapping[str, Look], title: str, reference: str) -> None:
    """Draw the points that `paired` gave, named and coloured by family, the reference bold, with their fit.

    The title is followed by the fit's correlations.
    """
    among = list(points["text"])
    mine = [looks[language(TextName.parse(text).lang).family] for text in among]
    points = points.assign(
        name=[label(text, among) for text in among],
        colour=[look.colour for look in mine],
        marker=[look.marker for look in mine],
    )
    fit = draw_scatter(axes, points, keep=[label(reference, among)] if reference in among else [])
    axes.set_title("\n".join([title, fit.words.replace("\n", ", ")]), loc="left", fontsize=8.5, linespacing=1.35)
