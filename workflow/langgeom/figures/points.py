"""A panel of points, one a text: named, coloured by language family, with a fitted line and the verdict of a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from langgeom.analysis import Settings
from langgeom.analysis.rows import Panel as Place
from langgeom.analysis.rows import left_out, main_models
from langgeom.analysis.statistics import Fit, fit_line
from langgeom.figures.labels import CROWDED, End, name_points
from langgeom.figures.page import Panel
from langgeom.figures.style import DARK, DASHES, Look, family_looks
from langgeom.languages import label, language

FIT = (
    "Lines: least squares, with the 95 % band of the line; r is Pearson's, ρ Spearman's correlation, n counts texts. Verdicts "
    "are those of findings.md: over languages, p corrected for many tests."
)


@dataclass(kw_only=True)
class Points(Panel):
    """Points with their names, the line fitted to them with its 95 % band, and correlations in the title.

    Attributes:
        rows: one row per point, as from `paired`. From `CROWDED` points on, no intervals are drawn.
        looks: of the families.
        reference: the text whose name is bold.
        chance: the axis ("x" or "y") and the value of a model that guesses; where most texts are not above, no line is fitted.
        verdict: what the findings say of it, below the title.
    """

    looks: Mapping[str, Look] = field(default_factory=dict)
    reference: str = ""
    chance: tuple[str, float] | None = None
    verdict: str = ""

    def draw(self, axes: Axes) -> None:
        rows = self.rows.assign(family=[language(text[:3]).family for text in self.rows["text"]])
        colours = {name: look.colour for name, look in self.looks.items()}
        self.rows = rows = rows.assign(colour=rows["family"].map(colours))
        guessed = False
        if self.chance:
            axis, at = self.chance
            least = rows["x_low" if axis == "x" else "low"].fillna(rows[axis])
            guessed = bool((least <= at).mean() > 0.5)
            (axes.axvline if axis == "x" else axes.axhline)(at, color=DARK, lw=0.8, ls=DASHES[1], zorder=1)
        self.fit = fit_line([], []) if guessed else fit_line(rows["x"], rows["y"])
        words = "most texts at chance: no line" if guessed else fit_words(self.fit)
        self.title = "\n".join(filter(None, [self.title, words, self.verdict]))
        if len(rows) < CROWDED:
            axes.vlines(rows["x"], rows["low"], rows["high"], colors=rows["colour"], lw=0.8, alpha=0.5)
            axes.hlines(rows["y"], rows["x_low"], rows["x_high"], colors=rows["colour"], lw=0.8, alpha=0.5)
        markers = {name: look.marker for name, look in self.looks.items()}
        sns.scatterplot(rows, x="x", y="y", hue="family", style="family", palette=colours, markers=markers, s=26, linewidth=0,
                        legend=False, ax=axes, zorder=3)  # fmt: skip
        # Limits are set before the band is drawn, which widens without bound beyond the points.
        self.xlim, self.ylim = axes.get_xlim(), axes.get_ylim()
        if not np.isnan(self.fit.slope):
            xs = np.linspace(rows["x"].min(), rows["x"].max(), 100)
            axes.fill_between(xs, *self.fit.band(xs), color=DARK, alpha=0.12, lw=0, zorder=1)
            axes.plot(xs, self.fit.line(xs), color=DARK, lw=1.1, zorder=1.5)

    def label(self, axes: Axes) -> None:
        steps, (low, high) = np.linspace(0, 1, 40), axes.get_xlim()
        xs = [low + steps * (high - low)]
        ys = [self.fit.line(xs[0])]
        for row in self.rows.itertuples():  # along the intervals
            xs += [np.full(40, row.x), row.x_low + steps * (row.x_high - row.x_low)]
            ys += [row.low + steps * (row.high - row.low), np.full(40, row.y)]
        avoid = np.column_stack([np.concatenate(xs), np.concatenate(ys)])
        texts = list(self.rows["text"])
        points = [
            End(label(row.text, texts), row.x, row.y, row.colour, row.text == self.reference) for row in self.rows.itertuples()
        ]
        name_points(axes, points, avoid[np.isfinite(avoid).all(axis=1)])


def fit_words(fit: Fit) -> str:
    """Return both correlations with n; their p is the findings' to say."""
    if np.isnan(fit.r):
        return f"n = {fit.n}: no line"
    return f"r = {fit.r:.2f}, ρ = {fit.rho:.2f}, n = {fit.n}".replace("-", "−")


def verdict(findings: pd.DataFrame, finding: str, place: Place | None, dimension: bool = True) -> str:
    """Return what the findings say of a conclusion for a (model, corpus), "" where they say nothing.

    Args:
        dimension: whether the effect is one on intrinsic dimension, for a conclusion that has others too.
    """
    rows = findings[findings["finding"] == finding]
    rows = rows[rows["effect"].str.contains("intrinsic dimension") == dimension]
    for row in rows.itertuples():
        if (row.model, row.corpus) == place:
            p = "" if pd.isna(row.p_adjusted) else f" (p = {row.p_adjusted:.3f})".replace("= 0.000", "< 0.001")
            return f"{finding}: {row.verdict}{p}"
    return ""


def apart(metrics: pd.DataFrame, settings: Settings, words: str = "Left out") -> str:
    """Return a sentence that names the texts that are left out of comparisons, "" if there are none; it begins with `words`."""
    rows = left_out(main_models(metrics), settings.reference)
    texts = list(metrics["text"].unique())
    names = rows["text"].map(lambda text: label(text, texts)).groupby(rows["model"], sort=False).agg(", ".join)
    each = "; ".join(f"{model}: {some}" for model, some in names.items())
    return f"{words}, for unknown or fragment tokens or for few tokens: {each}." if each else ""


def paired(x: pd.DataFrame, y: pd.DataFrame) -> pd.DataFrame:
    """Pair two tables of one value per text (columns `text`, `value`, `low`, `high`) on the texts that both have.

    Returns:
        One row per text, by name: `text`, `x`, `x_low`, `x_high`, `y`, `low`, `high`.
    """
    across = x[["text", "value", "low", "high"]].rename(columns={"value": "x", "low": "x_low", "high": "x_high"})
    up = y[["text", "value", "low", "high"]].rename(columns={"value": "y"})
    both = across.merge(up, on="text", validate="one_to_one").dropna(subset=["x", "y"])
    return both.sort_values("text", ignore_index=True)


def families_of(texts: list[str]) -> tuple[dict[str, Look], list[Line2D]]:
    """Return the looks of the language families of texts, and the entries of a legend of points."""
    looks = family_looks(text[:3] for text in texts)
    return looks, [look.handle(name, ls="", mew=0) for name, look in looks.items()]
