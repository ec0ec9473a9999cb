"""Panels on a page, in the room that constrained layout finds, with a legend and a footnote; and the scales of their axes."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

T = TypeVar("T")
Limits = tuple[float, float]
# Limits, and the axis if it is logarithmic: "y" or "".
Scale = tuple[Limits, str]
BOUNDED = ["value", "low", "high"]
# From this factor on, the smaller half of the lines would share a small part of a linear axis.
WIDE = 8


@dataclass(kw_only=True)
class Panel:
    """One panel: `draw` fills its axes, and `label` writes names once the layout is settled.

    Attributes:
        rows: what is drawn, in the columns that the kind of panel asks for. Without any, and with nothing `said`, the place
            stays empty.
        x, y: the axes' labels; written once per column and row where panels share them.
        xlim, ylim: limits of the axes, None for matplotlib's. Panels of a row with equal `ylim` share their tick labels.
        log: the axes that are logarithmic: "", "x", "y" or "xy".
        height: in inches.
        said: words in the upper left corner.
    """

    rows: pd.DataFrame
    title: str = ""
    x: str = ""
    y: str = ""
    xlim: Limits | None = None
    ylim: Limits | None = None
    log: str = ""
    height: float = 3.2
    said: str = ""

    def draw(self, axes: Axes) -> None:
        raise NotImplementedError

    def label(self, axes: Axes) -> None:
        """Write names that need the final size of the axes."""

    def scale(self, axes: Axes) -> None:
        for name, bounds in (("x", self.xlim), ("y", self.ylim)):
            axes.set(**({f"{name}scale": "log"} if name in self.log else {}), **({f"{name}lim": bounds} if bounds else {}))
            if name in self.log and bounds:
                _plain_log(getattr(axes, f"{name}axis"), bounds)


# Panels at [row][column]; None for an empty place, and rows may be of unequal length.
Grid = Sequence[Sequence[Panel | None]]


def in_rows(items: Sequence[T], most: int = 3) -> list[list[T]]:
    """Break a list into the fewest rows of at most `most`, of even length but for the last."""
    columns = math.ceil(len(items) / math.ceil(len(items) / most)) if items else 1
    return [list(items[start : start + columns]) for start in range(0, len(items), columns)]


def sheet(
    title: str,
    note: str,
    heights: Sequence[float],
    columns: int,
    width: float,
    legend: Sequence[Line2D] = (),
    heading: str = "",
) -> tuple[Figure, np.ndarray]:
    """Return a figure and its axes at [row, column].

    Args:
        title, note: above and below all panels; the note is wrapped.
        heights, width: of the rows' axes, and of a column with its labels, in inches.
        legend, heading: entries of the legend right of the panels, and its heading.
    """
    # A handle, then about 0.065 inches a character.
    beside = max((0.75 + 0.068 * len(str(entry.get_label())) for entry in legend), default=0)
    across = max(columns * width + beside + 0.3, 6.4)
    lines = [line for part in note.splitlines() for line in textwrap.wrap(part, int(across * 16))]
    down = max(sum(heights) + 0.62 * len(heights) + 0.45 + 0.15 * len(lines), 0.9 + 0.2 * len(legend))
    figure, axes = plt.subplots(
        len(heights), columns, figsize=(across, down), squeeze=False, layout="constrained", height_ratios=heights
    )
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08, wspace=0.03, hspace=0.03)  # type: ignore[union-attr,call-arg]
    figure.suptitle(title, x=0.1 / across, ha="left", fontsize=12, fontweight="bold")
    figure.supxlabel("\n".join(lines), x=0.1 / across, ha="left", fontsize=7.5, color="#444444", linespacing=1.35)
    figure.legend(handles=list(legend), title=heading or None, loc="outside right upper", frameon=False, alignment="left",
                  handlelength=2.6, labelspacing=0.55).set_visible(bool(legend))  # fmt: skip
    return figure, axes


def page(title: str, note: str, grid: Grid, width: float, legend: Sequence[Line2D] = (), heading: str = "") -> Figure:
    """Draw panels on a sheet, whose arguments the others are."""
    cells = [[panel if panel and (len(panel.rows) or panel.said) else None for panel in row] for row in grid]
    columns = max(map(len, cells))
    cells = [[*row, *[None] * (columns - len(row))] for row in cells if any(row)]
    heights = [max(panel.height for panel in row if panel) for row in cells]
    figure, places = sheet(title, note, heights, columns, width, legend, heading)
    drawn: list[tuple[Panel, Axes]] = []
    for (number, column), axes in np.ndenumerate(places):
        panel, left = cells[number][column], cells[number][column - 1] if column else None
        if panel is None:
            axes.remove()
            continue
        panel.draw(axes)
        panel.scale(axes)
        below = next((row[column] for row in cells[number + 1 :] if row[column]), None)
        axes.set_title(panel.title, linespacing=1.3)
        axes.set_xlabel("" if below and below.x == panel.x else panel.x)
        axes.set_ylabel("" if left and left.y == panel.y else panel.y)
        axes.tick_params(labelleft=not (left and left.ylim and left.ylim == panel.ylim), which="both")
        axes.text(0.02, 0.98, panel.said, transform=axes.transAxes, va="top", fontsize=7.5, style="italic", color="#444444",
                  bbox=dict(facecolor="white", edgecolor="none", alpha=0.8 * bool(panel.said), pad=1.5), zorder=6)  # fmt: skip
        drawn.append((panel, axes))
    figure.draw_without_rendering()  # settles the layout
    for panel, axes in drawn:
        panel.label(axes)
    figure.draw_without_rendering()  # makes room for the names
    figure.set_layout_engine(None)  # "none" draws all once more for each file
    for axes in figure.axes:  # the solver's last digits differ from run to run
        axes.set_position(np.round(axes.get_position().bounds, 5))
    return figure


def noted(rows: pd.DataFrame, *sentences: str) -> str:
    """Return a footnote: sentences, and the corpora that the rows are from."""
    counts = rows.groupby("corpus", sort=False)["text"].nunique()
    source = ", ".join(f"{corpus} ({count} text{'s' * (count > 1)})" for corpus, count in counts.items())
    return " ".join(filter(None, [*sentences, f"Corpus: {source}."]))


def limits(rows: pd.DataFrame, bands: bool = True, *holding: float) -> Limits:
    """Return the limits of a linear axis: all values and `holding` with a margin, and bands unless they dwarf the values."""
    low, high = min([rows["value"].min(), *holding]), max([rows["value"].max(), *holding])
    reach = 0.25 * (high - low) or 0.05 * abs(high) or 0.05
    seen = rows[["low", "high"]].to_numpy(dtype=float)
    if bands and np.isfinite(seen).any():
        low, high = min(low, max(np.nanmin(seen), low - reach)), max(high, min(np.nanmax(seen), high + reach))
    margin = 0.04 * (high - low) or 0.05 * abs(high) or 0.05
    return float(max(0.0, low - margin) if low >= 0 else low - margin), float(high + margin)


def whole(rows: pd.DataFrame, *holding: float) -> Limits:
    """Return the limits of a linear axis that holds all values, whole intervals and `holding`."""
    ends = pd.Series(rows[BOUNDED].to_numpy(dtype=float).ravel()).dropna()
    return limits(pd.DataFrame({"value": ends, "low": ends, "high": ends}), False, *holding)


def log_limits(values: pd.Series, floor: float = 0.0) -> Limits:
    """Return the limits of a logarithmic axis: all positive values with a margin, from `floor` up."""
    positive = values[values > 0]
    return max(float(positive.min()) / 1.3, floor), float(positive.max()) * 1.3


def log_scale(values: pd.Series) -> bool:
    """Return whether values span so much that only a logarithmic axis shows the small ones; zeros do not count."""
    positive = values[values > 0]
    return bool(len(positive) and values.min() >= 0 and positive.max() > 30 * positive.min())


def scaled(rows: pd.DataFrame, bands: bool = False) -> Scale:
    """Return a linear axis for the values (and bands), a logarithmic one if the values span a factor above `WIDE`."""
    low, high = float(rows["value"].min()), float(rows["value"].max())
    return ((low / 1.15, high * 1.15), "y") if 0 < WIDE * low < high else (limits(rows, bands), "")


def _plain_log(axis: Axis, bounds: Limits) -> None:
    """Write the ticks of a logarithmic axis as plain numbers, as many as fit; across, in steps of two or four times."""
    subs = (1, 2, 5) if bounds[1] < 100 * bounds[0] else (1,)
    doubling = LogLocator(2, numticks=12 if bounds[1] < 1000 else 6)
    axis.set_major_locator(doubling if isinstance(axis, XAxis) and bounds[0] > 0.5 else LogLocator(subs=subs))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
