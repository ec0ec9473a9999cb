"""Scatter plots of languages: a fitted line with its band, correlations, and names beside the points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from langgeom.analysis.statistics import Fit, fit_line
from langgeom.figures.style import Look, family_looks
from langgeom.languages import label, language
from langgeom.names import TextName

LINE = "#444444"
TYPE_SIZE = 6.8
# From this many points on, intervals and names away from their points would only clutter the picture.
CROWDED = 60
# Distances of a name from its point, in points, and its directions in order of preference: right, left, above, below, corners.
NEAR, STEPS = 4.5, (1.0, 2.0, 3.2, 4.6)
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
FIT = (
    "Lines: least squares, with the 95 % band of the line; r is Pearson's, ρ Spearman's correlation, n counts texts (a "
    "language in two scripts is two) and p is not corrected for many tests: findings.md tests over languages."
)


def fit_words(fit: Fit) -> str:
    """Return both correlations with p and n, on two lines."""
    if np.isnan(fit.r):
        return f"n = {fit.n}: no line"
    return f"r = {_signed(fit.r)} ({_p(fit.r_p)}), n = {fit.n}\nρ = {_signed(fit.rho)} ({_p(fit.rho_p)})"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def paired(x: pd.DataFrame, y: pd.DataFrame) -> pd.DataFrame:
    """Pair two tables of one value per text (columns `text`, `value`, `low`, `high`) on the texts that both have.

    Returns:
        One row per text, by name: `text`, `x`, `x_low`, `x_high`, `y`, `low`, `high`.
    """
    across = x[["text", "value", "low", "high"]].rename(columns={"value": "x", "low": "x_low", "high": "x_high"})
    up = y[["text", "value", "low", "high"]].rename(columns={"value": "y"})
    both = across.merge(up, on="text", validate="one_to_one").dropna(subset=["x", "y"])
    return both.sort_values("text", ignore_index=True)


def families_of(texts: Iterable[str]) -> dict[str, Look]:
    """Return the looks of the language families of texts."""
    return family_looks(TextName.parse(text).lang for text in texts)


def family_marks(looks: Mapping[str, Look]) -> list[Line2D]:
    """Return the entries of a legend of points, one per family."""
    return [Line2D([], [], color=look.colour, marker=look.marker, ls="", ms=4.6, label=name) for name, look in looks.items()]


def draw_texts(
    axes: Axes, points: pd.DataFrame, looks: Mapping[str, Look], reference: str, among: Iterable[str] | None = None
) -> Fit:  # fmt: skip
    """Draw points from `paired`, named and coloured by family, the reference bold, with their fit.

    Args:
        points: as from `paired`.
        looks: of the families.
        reference: the text whose name is bold.
        among: the texts that names must tell apart; by default those of the points.
    """
    among = list(points["text"] if among is None else among)
    of_family = [looks[language(TextName.parse(text).lang).family] for text in points["text"]]
    points = points.assign(
        name=[label(text, among) for text in points["text"]],
        colour=[look.colour for look in of_family],
        marker=[look.marker for look in of_family],
    )
    return draw_scatter(axes, points, keep=[label(reference, among)] if reference in among else [])


def draw_against(axes: Axes, points: pd.DataFrame, looks: Mapping[str, Look], title: str, reference: str) -> None:
    """Draw points as `draw_texts` does, under a title that ends with the correlations."""
    words = fit_words(draw_texts(axes, points, looks, reference)).replace("\n", ", ")
    axes.set_title(f"{title}\n{words}", loc="left", fontsize=8.5, linespacing=1.35)


def draw_scatter(axes: Axes, points: pd.DataFrame, *, keep: Sequence[str] = ()) -> Fit:
    """Draw points with their names, and the line fitted to them with its 95 % band.

    From `CROWDED` points on, no intervals are drawn, and a name that does not fit right beside its point is left out.

    Args:
        axes: its figure must have its final size, and a logarithmic scale or shared limits must be set before.
        points: one row per point: `x`, `y`, `name`; `colour` and `marker`, if they differ; intervals `low`, `high` (of y) and
            `x_low`, `x_high`, which may be missing. Rows without x or y are not drawn.
        keep: names that are placed first, in bold.

    Returns:
        The fit, of x and y as they are.
    """
    points = points[np.isfinite(points["x"].astype(float)) & np.isfinite(points["y"].astype(float))].reset_index(drop=True)
    fit = fit_line(points["x"], points["y"])
    looks = points.reindex(columns=["colour", "marker"]).fillna({"colour": "#332288", "marker": "o"})
    bars = points.reindex(columns=["low", "high", "x_low", "x_high"]).astype(float)
    crowded = len(points) >= CROWDED
    if crowded:
        bars[:] = np.nan
    for x, y, colour, marker, low, high, x_low, x_high in zip(
        points["x"], points["y"], looks["colour"], looks["marker"], *(bars[name] for name in bars), strict=True
    ):
        axes.plot([x, x], [low, high], color=colour, lw=0.7, alpha=0.4)
        axes.plot([x_low, x_high], [y, y], color=colour, lw=0.7, alpha=0.4)
        axes.plot(x, y, marker, color=colour, ms=3.4 if crowded else 4.6, mew=0.5, mec="white", zorder=3)
    axes.margins(0.09)
    # Set the limits before the band is drawn, which widens without bound beyond the points.
    bounds = axes.get_xlim(), axes.get_ylim()
    if not np.isnan(fit.slope):
        xs = np.linspace(points["x"].min(), points["x"].max(), 100)
        axes.fill_between(xs, *fit.band(xs), color=LINE, alpha=0.12, lw=0, zorder=1)
        axes.plot(xs, fit.line(xs), color=LINE, lw=1.1, zorder=1.5)
    axes.set_xlim(bounds[0])
    axes.set_ylim(bounds[1])
    name_points(axes, points["x"], points["y"], points["name"], looks["colour"], keep=keep, avoid=_drawn(points, bars, fit))
    return fit


def _drawn(points: pd.DataFrame, bars: pd.DataFrame, fit: Fit) -> np.ndarray:
    """Return places along the fitted line and the intervals, [k, 2]."""
    steps = np.linspace(0, 1, 40)[:, None]
    x, y = (points[name].to_numpy(dtype=float) for name in ("x", "y"))
    low, high, x_low, x_high = bars.to_numpy().T
    across = x.min() + steps[:, 0] * np.ptp(x) if len(x) else x
    lines = [
        (across, fit.line(across)),
        (x + 0 * steps, low + steps * (high - low)),
        (x_low + steps * (x_high - x_low), y + 0 * steps),
    ]
    every = np.concatenate([np.column_stack([xs.ravel(), ys.ravel()]) for xs, ys in lines])
    return every[np.isfinite(every).all(axis=1)]


class _Place(NamedTuple):
    """A place for a name: its box, in pixels, and whether it needs a leader line to its point."""

    box: Bbox
    joined: bool


def name_points(
    axes: Axes,
    x: Sequence[float] | pd.Series,
    y: Sequence[float] | pd.Series,
    names: Sequence[str] | pd.Series,
    colours: Sequence[str] | pd.Series,
    *,
    keep: Sequence[str] = (),
    avoid: np.ndarray | None = None,
) -> None:
    """Write names beside points so that none covers a point or another name.

    A name that does not fit is left out. Those to keep come first, then the points farthest from the others.

    Args:
        axes: its limits and the size of its figure must be final.
        x, y, names, colours: of each point.
        keep: names placed first, in bold.
        avoid: [k, 2] places in data coordinates, such as along lines, that names avoid if they can.
    """
    if not len(names):
        return
    figure = axes.get_figure(root=True)
    assert figure is not None
    renderer = FigureCanvasAgg(figure).get_renderer()
    frame, scale = axes.get_window_extent(renderer), figure.dpi / 72
    places = list(zip(map(float, x), map(float, y), strict=True))
    spots = np.asarray(axes.transData.transform(places))
    taken = [Bbox.from_bounds(left - 3 * scale, low - 3 * scale, 6 * scale, 6 * scale) for left, low in spots]
    lines = np.empty((0, 2)) if avoid is None or not len(avoid) else axes.transData.transform(avoid)
    names, colours = list(names), list(colours)
    for index in _order(spots, names, keep):
        weight = "bold" if names[index] in keep else "normal"
        text = figure.text(0, 0, names[index], fontsize=TYPE_SIZE, fontweight=weight)
        box = text.get_window_extent(renderer)
        text.remove()
        steps = STEPS[:1] if len(names) >= CROWDED and names[index] not in keep else STEPS
        place = _best(spots[index], (box.width, box.height), frame, taken, lines, scale, steps)
        if place is None:
            continue
        taken.append(place.box)
        # An offset from the point holds at any resolution.
        offset = (place.box.x0 - spots[index, 0]) / scale, (place.box.y0 - spots[index, 1]) / scale
        leader = dict(arrowstyle="-", color=colours[index], lw=0.4, alpha=0.6, shrinkA=0, shrinkB=2)
        axes.annotate(
            names[index], places[index], xytext=offset, textcoords="offset points", fontsize=TYPE_SIZE, fontweight=weight,
            color=colours[index], ha="left", va="bottom", zorder=4, annotation_clip=False,
            # So that bars of other points do not strike the name out.
            bbox=dict(boxstyle="square,pad=0.05", facecolor="white", edgecolor="none", alpha=0.75),
            arrowprops=leader if place.joined else None,
        )  # fmt: skip


def _order(spots: np.ndarray, names: Sequence[str], keep: Sequence[str]) -> list[int]:
    """Return the order in which points are named: those to keep, then the most isolated."""
    apart = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    alone = np.sort(apart, axis=1)[:, : max(1, min(3, len(spots) - 1))].mean(axis=1)
    return sorted(range(len(spots)), key=lambda index: (names[index] not in keep, -alone[index], names[index]))


def _best(
    spot: np.ndarray, size: tuple[float, float], frame: Bbox, taken: Sequence[Bbox], lines: np.ndarray, scale: float,
    steps: Sequence[float],
) -> _Place | None:  # fmt: skip
    """Return the nearest free place beside a point, off the lines if there is one."""
    second = None
    for step in steps:
        for across, up in SIDES:
            away = NEAR * step * scale
            left = spot[0] + across * away - size[0] * (1 - across) / 2
            low = spot[1] + up * away - size[1] * (1 - up) / 2
            box = Bbox.from_bounds(left, low, *size)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if not inside or box.count_overlaps(taken):
                continue
            place = _Place(box, step > STEPS[0])
            if not _meets(box, lines):
                return place
            second = second or place
        if second is not None and step >= STEPS[1]:
            break
    return second


def _meets(box: Bbox, places: np.ndarray) -> bool:
    inside = (places >= box.min) & (places <= box.max)
    return bool(inside.all(axis=1).any())
