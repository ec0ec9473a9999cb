"""Lines by layer: panels of series with their bands and direct labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.analysis.rows import Panel, rows_of, title_of
from langgeom.figures.labels import End, fitting, label_ends
from langgeom.figures.scales import CROWDED, Limits, plain_log
from langgeom.figures.style import REFERENCE, Look, family_looks, page
from langgeom.languages import label, language
from langgeom.names import TextName

BANDS = "Bands: 95 % bootstrap intervals over sentences."
T = TypeVar("T")


class Series(NamedTuple):
    """One line: its label, its points (columns `x`, `value`, `low`, `high`), its look, and whether its label must stay."""

    name: str
    points: pd.DataFrame
    look: Look
    keep: bool = False


class Cell(NamedTuple):
    """One panel: its title, its lines, whether they are labelled, and its own limits if it does not take its row's."""

    title: str
    series: list[Series]
    labelled: bool = True
    bounds: Limits | None = None


def in_rows(items: Sequence[T], most: int = 3) -> list[list[T | None]]:
    """Break a list into the fewest rows of at most `most`, of even length; None fills up the last."""
    columns = math.ceil(len(items) / math.ceil(len(items) / most)) if items else 1
    rows = [list(items[start : start + columns]) for start in range(0, len(items), columns)]
    return [row + [None] * (columns - len(row)) for row in rows]


def by_text(rows: pd.DataFrame, look: Callable[[pd.Series], Look], among: Iterable[str], keep: str = "") -> list[Series]:
    """Make one line per text of a panel's rows; `look` gets the first row of each. The text `keep` comes last, on top."""
    among = list(among)
    series = [
        Series(label(str(text), among), points.assign(x=points["layer"]), look(points.iloc[0]), text == keep)
        for text, points in rows.groupby("text", sort=True)
    ]
    return sorted(series, key=lambda line: line.keep)


class Families:
    """Panels of one line per text, coloured by language family, the reference text black.

    Args:
        rows: all rows of the figure, from `by_layer`.
        reference: the text drawn in black and on top, "" for none.
        shown: the rows that are drawn; all by default.
    """

    def __init__(self, rows: pd.DataFrame, reference: str, shown: pd.DataFrame | None = None) -> None:
        self.shown, self.reference = rows if shown is None else shown, reference
        self.texts = list(rows["text"].unique())
        self.looks = family_looks(rows.drop_duplicates("text")["lang"])

    def series(self, rows: pd.DataFrame) -> list[Series]:
        """Return the lines of one panel's rows."""
        return by_text(rows, self._look, self.texts, self.reference)

    def cell(self, panel: Panel | None) -> Cell | None:
        """Return the panel of a (model, corpus)."""
        return Cell(title_of(panel, self.shown), self.series(rows_of(self.shown, panel))) if panel else None

    def _look(self, row: pd.Series) -> Look:
        return REFERENCE if row["text"] == self.reference else self.looks[language(row["lang"]).family]

    @property
    def legend(self) -> list[Line2D]:
        """The entries of the legend: the reference, and the families of the other texts."""
        shown = {language(TextName.parse(text).lang).family for text in self.texts if text != self.reference}
        handles = [REFERENCE.handle(label(self.reference, []))] if self.reference in self.texts else []
        return handles + [look.handle(family) for family, look in self.looks.items() if family in shown]


def draw_series(axes: Axes, series: Sequence[Series]) -> None:
    """Draw lines with a marker every few points, and their bands."""
    opacity, slim, size = (0.14, 1.0, 4.0) if len(series) <= 4 else (0.025, 0.8, 3.2)
    if len(series) > CROWDED:
        opacity, slim, size = 0.0, 0.45, 2.0
    for number, line in enumerate(series):
        points, look = _with_gaps(line.points), line.look
        if opacity and points[["low", "high"]].notna().any(axis=None):
            axes.fill_between(points["x"], points["low"], points["high"], color=look.colour, alpha=opacity, lw=0)
        every = max(1, len(points) // 6)
        start = 0 if every == 1 else number % every  # keeps the markers of neighbouring lines apart
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
    """Insert an empty point where a layer is missing, so that the line breaks there."""
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
    if labelled:
        label_series(axes, series, bounds)


def label_series(axes: Axes, series: Sequence[Series], bounds: Limits) -> None:
    """Label lines at their ends; the axes' limits must be final."""
    lasts = [(line, line.points.loc[line.points["x"].idxmax()]) for line in series]
    # Sorted by the values, since lines that end off scale share a place.
    lasts.sort(key=lambda pair: float(pair[1]["value"]))
    label_ends(axes, [
        End(line.name, float(end["x"]), float(np.clip(end["value"], *bounds)), line.look.colour, line.keep)
        for line, end in lasts
    ])  # fmt: skip


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
        cells: the panels at [row][column], None for an empty place.
        y_label, x_label: the axes' labels, written once per row and column.
        bounds: limits of the value axis, one pair per row.
        log: whether the value axis is logarithmic.
        legend, legend_title: entries and heading of the legend.
        width, height: size of a panel, in inches.
        right: room for labels to the right of each panel, in inches.
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
