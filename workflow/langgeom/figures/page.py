"""Panels on a page: a grid of axes under a title, with a legend and a footnote, in the room that constrained layout finds."""

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
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from langgeom.figures.scales import Limits, plain_log

T = TypeVar("T")


@dataclass(kw_only=True)
class Panel:
    """One panel: its rows, its title, and its axes; `draw` fills it, and `label` writes names once the layout is settled.

    Attributes:
        rows: what is drawn, in the columns that the kind of panel asks for.
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
        """Set scales and limits."""
        for name, bounds in (("x", self.xlim), ("y", self.ylim)):
            axes.set(**({f"{name}scale": "log"} if name in self.log else {}), **({f"{name}lim": bounds} if bounds else {}))
            if name in self.log and bounds:
                plain_log(getattr(axes, f"{name}axis"), bounds)


def in_rows(items: Sequence[T], most: int = 3) -> list[list[T | None]]:
    """Break a list into the fewest rows of at most `most`, of even length; None fills up the last."""
    columns = math.ceil(len(items) / math.ceil(len(items) / most)) if items else 1
    rows = [list(items[start : start + columns]) for start in range(0, len(items), columns)]
    return [row + [None] * (columns - len(row)) for row in rows]


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


def page(
    title: str,
    note: str,
    grid: Sequence[Sequence[Panel | None]],
    width: float,
    legend: Sequence[Line2D] = (),
    heading: str = "",
) -> Figure:
    """Draw panels at [row][column], None for an empty place; the other arguments are those of `sheet`."""
    columns, grid = max(map(len, grid)), [row for row in grid if any(row)]
    grid = [[*row, *[None] * (columns - len(row))] for row in grid]
    heights = [max(panel.height for panel in row if panel) for row in grid]
    figure, places = sheet(title, note, heights, columns, width, legend, heading)
    drawn: list[tuple[Panel, Axes]] = []
    for (number, column), axes in np.ndenumerate(places):
        panel, left = grid[number][column], grid[number][column - 1] if column else None
        if panel is None:
            axes.remove()
            continue
        panel.draw(axes)
        panel.scale(axes)
        below = next((row[column] for row in grid[number + 1 :] if row[column]), None)
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
