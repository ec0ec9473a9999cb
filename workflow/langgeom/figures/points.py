"""Panels of points: one a text, with a fitted line (`Points`), and some a row, with their intervals (`Dots`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
        families = [language(text[:3]).family for text in self.rows["text"]]
        colours = {name: look.colour for name, look in self.looks.items()}
        self.rows = rows = self.rows.assign(family=families, colour=pd.Series(families, self.rows.index).map(colours))
        guessed = False
        if self.chance:
            axis, at = self.chance
            guessed = bool((rows["x_low" if axis == "x" else "low"].fillna(rows[axis]) <= at).mean() > 0.5)
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
        xs, texts = np.linspace(*axes.get_xlim(), 40), list(self.rows["text"])
        avoid, points = [np.column_stack([xs, self.fit.line(xs)])], list[End]()
        for row in self.rows.itertuples():
            points.append(End(label(row.text, texts), row.x, row.y, row.colour, row.text == self.reference))
            avoid += [
                np.linspace((row.x, row.low), (row.x, row.high), 40),
                np.linspace((row.x_low, row.y), (row.x_high, row.y), 40),
            ]
        places = np.concatenate(avoid)
        name_points(axes, points, places[np.isfinite(places).all(axis=1)])


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
    for row in rows[rows["effect"].str.contains("intrinsic dimension") == dimension].itertuples():
        if (row.model, row.corpus) == place:
            p = "" if pd.isna(row.p_adjusted) else f" (p = {row.p_adjusted:.3f})".replace("= 0.000", "< 0.001")
            return f"{finding}: {row.verdict}{p}"
    return ""


def apart(metrics: pd.DataFrame, settings: Settings, words: str = "Left out") -> str:
    """Return a sentence that names the texts that are left out of comparisons, "" if there are none; it begins with `words`."""
    rows, texts = left_out(main_models(metrics), settings.reference), list(metrics["text"].unique())
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


@dataclass(kw_only=True)
class Dots(Panel):
    """Dots with intervals, one row a category, joined or not.

    Attributes:
        rows: a row per dot: `at` (one of `order`), `value`, `low`, `high`, `hue` (a key of `looks`) and `filled`.
        order: the categories, from the bottom up.
        looks: how each hue is drawn.
        names, colours: what a category is called, if not by itself, and the colour of its name.
        bold: categories in bold.
        joined: whether dots of one category are joined.
    """

    order: Sequence[str] = ()
    looks: Mapping[str, Look] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    bold: Collection[str] = ()
    joined: bool = False

    def draw(self, axes: Axes) -> None:
        rows = self.rows.assign(y=[self.order.index(at) for at in self.rows["at"]])
        if self.joined:
            ends = rows.groupby("y")["value"].agg(["min", "max"])
            axes.hlines(ends.index, ends["min"], ends["max"], color="#888888", lw=2.4, alpha=0.5)
        elif (rows["low"] < 0).any():
            axes.axvline(0, color=DARK, lw=0.8)
        axes.hlines(rows["y"], rows["low"], rows["high"], colors=[self.looks[hue].colour for hue in rows["hue"]], lw=0.9)
        for (hue, filled), some in rows.groupby(["hue", "filled"], sort=False):
            look = self.looks[str(hue)]
            face = look.colour if filled else "white"
            axes.plot(some["value"], some["y"], look.marker, color=look.colour, ms=4.8, mew=1.1, mfc=face)
        axes.set_yticks(range(len(self.order)), [self.names.get(at, at) for at in self.order])
        for tick, at in zip(axes.get_yticklabels(), self.order, strict=True):
            tick.set(fontweight="bold" if at in self.bold else "normal", color=self.colours.get(at, "black"))
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelbottom=len(rows) > 0)
        self.ylim = -0.8, len(self.order) - 0.2
