"""Scatter plots of languages: a straight line fitted with its confidence band, correlations, and names beside the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox
from scipy.stats import rankdata
from scipy.stats import t as student

__all__ = ["CROWDED", "Fit", "draw_scatter", "fit_line", "name_points"]

LINE = "#444444"
TYPE_SIZE = 6.8
# From so many points on, intervals and names away from their points would only cloud the picture.
CROWDED = 60
# Up to so many points all orders of the ranks are counted (5,040 of them); beyond, t is near enough.
EXACT = 7
# Distances of a name from its point, in points, and its directions in order of preference: right, left, above, below, corners.
NEAR, STEPS = 4.5, (1.0, 2.0, 3.2, 4.6)
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True)
class Fit:
    """A straight line through points, and how well they follow one.

    Attributes:
        slope, intercept: of the least squares line of y on x.
        r, r_p: Pearson's correlation and its two-sided p (t with n - 2 degrees of freedom).
        rho, rho_p: Spearman's, with ties ranked by their mean; p over all orders up to `EXACT` points, else by t.
        n: points used, those with both a finite x and a finite y.

    All but n are NaN where n is less than 3 or x or y does not vary.
    """

    slope: float
    intercept: float
    r: float
    r_p: float
    rho: float
    rho_p: float
    n: int
    centre: float = float("nan")
    spread: float = float("nan")
    error: float = float("nan")

    def line(self, x: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the line's height at each x."""
        return self.intercept + self.slope * np.asarray(x, dtype=float)

    def band(self, x: Sequence[float] | np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the confidence band of the line (of the mean of y, pointwise) at each x.

        Source: Draper & Smith 1998, Applied Regression Analysis, section 3.1.
        """
        half = student.ppf(0.5 + level / 2, max(self.n - 2, 1)) * self.error
        reach = half * np.sqrt(1 / max(self.n, 1) + (np.asarray(x, dtype=float) - self.centre) ** 2 / self.spread)
        return self.line(x) - reach, self.line(x) + reach

    @property
    def words(self) -> str:
        """Both correlations with p and n, on two lines."""
        if np.isnan(self.r):
            return f"n = {self.n}: no line"
        return f"r = {_signed(self.r)} ({_p(self.r_p)}), n = {self.n}\nρ = {_signed(self.rho)} ({_p(self.rho_p)})"


def fit_line(x: Sequence[float] | np.ndarray | pd.Series, y: Sequence[float] | np.ndarray | pd.Series) -> Fit:
    """Fit a straight line by least squares, with both correlations.

    Args:
        x, y: n numbers each; a point with a missing one is left out.

    Raises:
        ValueError: lengths that differ.
    """
    across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if across.shape != up.shape:
        raise ValueError(f"{across.size} x and {up.size} y")
    both = np.isfinite(across) & np.isfinite(up)
    across, up = across[both], up[both]
    n = len(across)
    if n < 3 or np.ptp(across) == 0 or np.ptp(up) == 0:
        nan = float("nan")
        return Fit(nan, nan, nan, nan, nan, nan, n)
    centre, spread = float(across.mean()), float(((across - across.mean()) ** 2).sum())
    slope = float(((across - centre) * (up - up.mean())).sum()) / spread
    intercept = float(up.mean()) - slope * centre
    error = float(np.sqrt(((up - intercept - slope * across) ** 2).sum() / (n - 2)))
    r = _correlation(across, up)
    ranks = rankdata(across), rankdata(up)
    rho = _correlation(*ranks)
    rho_p = _p_of_all_orders(*ranks) if n <= EXACT else _p_of_t(rho, n)
    return Fit(slope, intercept, r, _p_of_t(r, n), rho, rho_p, n, centre, spread, error)


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip((x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum()), -1, 1))


def _p_of_t(r: float, n: int) -> float:
    if abs(r) == 1:
        return 0.0
    return float(2 * student.sf(abs(r) * np.sqrt((n - 2) / (1 - r * r)), n - 2))


def _p_of_all_orders(x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of all orders of y that correlate with x at least as strongly."""
    x, y = x - x.mean(), y - y.mean()
    strength = np.abs(np.array(list(permutations(y))) @ x)
    return float((strength >= abs(float(x @ y)) - 1e-9).mean())


def draw_scatter(axes: Axes, points: pd.DataFrame, *, keep: Sequence[str] = ()) -> Fit:
    """Draw points with their names, and the line fitted to them with its 95 % band.

    Set a logarithmic scale, or limits that panels share, before; free limits are set here, with a margin. The fit is on x and
    y as they are. It writes nothing but names into the axes, so `len(axes.texts)` tells how many found room.

    Args:
        axes: where to draw; its figure must have its final size.
        points: a row a point: `x`, `y`, `name`; `colour` and `marker` where they differ; intervals `low`, `high` (of y) and
            `x_low`, `x_high`, missing where there is none. Rows without x or y are not drawn.
        keep: names that are placed first when there is no room for all, and written in bold.

    From `CROWDED` points on, intervals are not drawn, and what has no room right beside its point has no name.

    Returns:
        The fit, whose `words` the caller puts where there is room.
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
    # Only now are the limits final: a band widens without bound beyond the points.
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
    """Where a name may stand: its box, in pixels, and whether it needs a joint to its point."""

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
    """Write names beside points so that none covers a point or another name; call it when the axes' limits are final.

    A name without room is left out; those of `keep` come first, then the points farthest from the others.

    Args:
        axes: where the points are drawn; its figure must have its final size.
        x, y, names, colours: of each point.
        keep: names placed first, in bold.
        avoid: [k, 2] places in data coordinates that names keep off where they can, such as along lines.
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
        # As an offset from its point, a name keeps its place at any resolution.
        offset = (place.box.x0 - spots[index, 0]) / scale, (place.box.y0 - spots[index, 1]) / scale
        joint = dict(arrowstyle="-", color=colours[index], lw=0.4, alpha=0.6, shrinkA=0, shrinkB=2)
        axes.annotate(
            names[index], places[index], xytext=offset, textcoords="offset points", fontsize=TYPE_SIZE, fontweight=weight,
            color=colours[index], ha="left", va="bottom", zorder=4, annotation_clip=False,
            # Bars of other points do not strike a name out.
            bbox=dict(boxstyle="square,pad=0.05", facecolor="white", edgecolor="none", alpha=0.75),
            arrowprops=joint if place.joined else None,
        )  # fmt: skip


def _order(spots: np.ndarray, names: Sequence[str], keep: Sequence[str]) -> list[int]:
    """Return the points in the order in which they are named: those to keep, then the loneliest."""
    apart = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    alone = np.sort(apart, axis=1)[:, : max(1, min(3, len(spots) - 1))].mean(axis=1)
    return sorted(range(len(spots)), key=lambda index: (names[index] not in keep, -alone[index], names[index]))


def _best(
    spot: np.ndarray, size: tuple[float, float], frame: Bbox, taken: Sequence[Bbox], lines: np.ndarray, scale: float,
    steps: Sequence[float],
) -> _Place | None:  # fmt: skip
    """Return the nearest free place beside a point, one off the lines where there is one."""
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


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
