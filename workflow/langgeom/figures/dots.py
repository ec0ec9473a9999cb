"""A panel of values, one row a category: dots with their intervals, joined or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes

from langgeom.figures.page import Panel
from langgeom.figures.style import DARK, Look


@dataclass(kw_only=True)
class Dots(Panel):
    """Dots with intervals.

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
