"""Lines by layer: panels of series with their bands and direct labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.figures.labels import End, fitting, label_ends
from langgeom.figures.scales import Limits, plain_log
from langgeom.figures.style import REFERENCE, Look, page
from langgeom.languages import label, language
from langgeom.names import TextName

__all__ = [
    "BANDS",
    "Cell",
    "Series",
    "draw_cells",
    "family_legend",
    "family_series",
    "finish_axes",
    "in_rows",
]

BANDS = "Bands: 95 % bootstrap intervals over sentences."
# From so many lines on, bands would only cloud them.
CROWDED = 40
T = TypeVar("T")


class Series(NamedTuple):
    """One line: its label, its points (columns `x`, `value`, `low`, `high`), its look, and whether its label stays."""

    name: str
    points: pd.DataFrame
    look: Look
    keep: bool = False


class Cell(NamedTuple):
    """One panel: its title and its lines; whether these are labelled; limits of its own instead of its row's."""

    title: str
    series: list[Series]
    labelled: bool = True
    bounds: Limits | None = None


def in_rows(items: Sequence[T], most: int = 3) -> list[list[T | None]]:
    """Break a list into as few rows of at most `most` as there can be, evenly, the last filled up with None."""
    columns = math.ceil(len(items) / math.ceil(len(items) / most)) if items else 1
    rows = [list(items[start : start + columns]) for start in range(0, len(items), columns)]
    return [row + [None] * (columns - len(row)) for row in rows]


def family_series(rows: pd.DataFrame, looks: dict[str, Look], reference: str, among: Iterable[str]) -> list[Series]:
    """Make one line a text of one panel's rows, coloured by language family; the reference text black, on top."""
    among = list(among)
    series = []
    for text, points in rows.groupby("text", sort=True):
        look = REFERENCE if text == reference else looks[language(points["lang"].iloc[0]).family]
        series.append(Series(label(str(text), among), points.assign(x=points["layer"]), look, text == reference))
    return sorted(series, key=lambda line: line.keep)


def family_legend(looks: dict[str, Look], reference: str, texts: Iterable[str]) -> list[Line2D]:
    """Return handles for what `family_series` draws of these texts: the reference, and the families that others are of."""
    texts = set(texts)
    shown = {language(TextName.parse(text).lang).family for text in texts - {reference}}
    handles = [REFERENCE.handle(label(reference, []))] if reference in texts else []
    return handles + [look.handle(family) for family, look in looks.items() if family in shown]


def draw_series(axes: Axes, series: Sequence[Series]) -> None:
    """Draw lines with markers at every few points, and their bands."""
    opacity, slim, size = (0.14, 1.0, 4.0) if len(series) <= 4 else (0.025, 0.8, 3.2)
    if len(series) > CROWDED:
        opacity, slim, size = 0.0, 0.45, 2.0
    for number, line in enumerate(series):
        points, look = _with_gaps(line.points), line.look
        if opacity and points[["low", "high"]].notna().any(axis=None):
            axes.fill_between(points["x"], points["low"], points["high"], color=look.colour, alpha=opacity, lw=0)
        every = max(1, len(points) // 6)
        start = 0 if every == 1 else number % every  # so that the markers of neighbouring lines do not coincide
        axes.plot(
            points["x"],
            points["value"],
            color=look.colour,
            ls=look.dash,
            lw=look.width * (1 if line.keep else slim),
            marker=look.marker,
            ms=size,
            mew=0,
            markevery=(start, every),
        )


def _with_gaps(points: pd.DataFrame) -> pd.DataFrame:
    """Insert an empty point where a layer is missing, so that the line breaks there instead of bridging it."""
    points = points.sort_values("x")
    steps = points["x"].diff()
    gaps = points.loc[steps > 1.5 * steps.min(), ["x"]] - 0.5 * steps.min()
    return pd.concat([points, gaps]).sort_values("x") if len(gaps) else points


def finish_axes(axes: Axes, series: Sequence[Series], bounds: Limits, log: bool, labelled: bool = True) -> None:
    """Set an axes' scale and limits, then label its lines."""
    if log:
        axes.set_yscale("log")
        plain_log(axes.yaxis, bounds)
    axes.set_ylim(*bounds)
    last = max((float(line.points["x"].max()) for line in series), default=1.0) or 1.0
    axes.set_xlim(-0.02 * last, last * 1.01)
    ends = []
    lasts = [(line, line.points.loc[line.points["x"].idxmax()]) for line in series]
    # In the order of the values themselves, which lines that end off scale do not show.
    for line, end in sorted(lasts, key=lambda pair: float(pair[1]["value"])):
        ends.append(End(line.name, float(end["x"]), _inside(end["value"], bounds), line.look.colour, line.keep))
    label_ends(axes, ends if labelled else [])


def _inside(value: float, bounds: Limits) -> float:
    return float(min(max(value, bounds[0]), bounds[1]))


def draw_cells(
    title: str,
    note: str,
    cells: Sequence[Sequence[Cell | None]],
    y_label: str,
    x_label: str,
    *,
    bounds: Sequence[Limits],
    log: bool = False,
    legend: Sequence[Line2D] = (),
    legend_title: str = "",
    width: float = 3.1,
    height: float = 3.3,
    right: float = 1.25,
) -> Figure:
    """Draw a page of panels of lines by layer, with direct labels.

    Args:
        title, note: above and below all panels.
        cells: the panels at [row][column], None where there is none.
        y_label, x_label: the axes' labels, each written once a row or column.
        bounds: limits of the value axis, one pair a row.
        log: whether the value axis is logarithmic.
        legend, legend_title: entries and heading of the legend.
        width, height: size of a panel, in inches.
        right: room right of each panel for labels, in inches.
    """
    most = max((len(cell.series) for row in cells for cell in row if cell), default=0)
    if most > CROWDED:
        note = note.replace(BANDS, "The CSV has 95 % bootstrap intervals over sentences.")
    if most > fitting(height):
        note += f" Labelled: {fitting(height)} of {most} lines; the CSV has all."
    present = [[cell is not None for cell in row] for row in cells]
    own = any(cell.bounds for row in cells for cell in row if cell)
    sheet = page(
        title, note, present, width, [height] * len(cells), right=right, gap=0.5 if own else 0.35,
        above=0.75 + 0.1 * any("\n" in cell.title for row in cells for cell in row if cell),
        legend=legend, legend_title=legend_title, below=0.75 + 0.15 * x_label.count("\n"),
    )  # fmt: skip
    for number, row in enumerate(cells):
        for column, cell in enumerate(row):
            axes = sheet.axes[number][column]
            if cell is None or axes is None:
                continue
            draw_series(axes, cell.series)
            finish_axes(axes, cell.series, cell.bounds or bounds[number], log, cell.labelled)
            axes.set_title(cell.title, loc="left")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7) if "depth" not in x_label else MaxNLocator(5))
            if not any(below[column] for below in cells[number + 1 :]):
                axes.set_xlabel(x_label)
            if not any(row[:column]):
                axes.set_ylabel(y_label)
            elif not cell.bounds:
                axes.tick_params(labelleft=False, which="both")
    return sheet.figure
