"""Direct labels: names beside the ends of lines and beside points, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox
from scipy.optimize import isotonic_regression

SIZE = 6.8
# A line of text takes about this many times its type size; points above and below an axes that belong to its labels too.
LEADING, MARGIN = 1.22, 8
# More names than this beside one axes are a tower in which no leader can be followed.
MOST = 12
# Where a point's name may stand: distances from it, in points, and directions in order of preference.
STEPS = (4.5, 9.0, 14.5, 21.0)
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
# From this many points on, names away from their points would only clutter the picture.
CROWDED = 60


class End(NamedTuple):
    """The end of a line: its name, its last point in data coordinates, its colour, and whether its label must stay."""

    name: str
    x: float
    y: float
    colour: str
    keep: bool = False


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Move positions at least `gap` apart, within [low, high], in the same order, with the least sum of squared moves.

    The gap shrinks if the positions do not fit between the bounds. With positions minus their rank times the gap, the task is
    isotonic regression (Best & Chakravarti 1990, Mathematical Programming 47).
    """
    wanted = np.asarray(positions, dtype=float)
    if not len(wanted):
        return wanted
    steps = min(gap, (high - low) / max(1, len(wanted) - 1)) * np.arange(len(wanted))
    order = np.argsort(wanted, kind="stable")
    moved = np.empty_like(wanted)
    moved[order] = np.clip(isotonic_regression(wanted[order] - steps).x, low, high - steps[-1]) + steps
    return moved


def thin(ends: Sequence[End]) -> list[End]:
    """Choose at most `MOST` ends, in the order of their heights: those to keep, the extremes, and evenly many between."""
    ends = sorted(ends, key=lambda end: end.y)
    kept = [end for end in ends if end.keep]
    others = [end for end in ends if not end.keep]
    room = min(len(others), max(MOST - len(kept), 2))
    chosen = kept + [others[i] for i in np.linspace(0, len(others) - 1, room).round().astype(int)]
    return sorted(chosen, key=lambda end: end.y)


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Write names to the right of an axes, with a leader line from each line's end; the axes' limits must be final."""
    size = axes.figure.get_size_inches()  # type: ignore[union-attr]
    width, height = 72 * size * axes.get_position().size
    ends = thin(ends)
    points = axes.transAxes.inverted().transform(axes.transData.transform([(end.x, end.y) for end in ends]))
    places = spread(list(points[:, 1]), LEADING * SIZE / height, -MARGIN / height, 1 + MARGIN / height)
    # Widen the gutter when labels moved far, so that leader lines stay apart.
    edge = 1 + np.clip(0.15 * np.abs(places - points[:, 1]).max() * height, 9, 18) / width
    for end, (x, y), place in zip(ends, points, places, strict=True):
        leader = Line2D([x, 1 + 2 / width, edge], [y, y, place], transform=axes.transAxes, color=end.colour, lw=0.4, alpha=0.6)
        leader.set_clip_on(False)
        axes.add_artist(leader)
        axes.text(edge + 2 / width, place, end.name, transform=axes.transAxes, fontsize=SIZE, va="center_baseline",
                  color=end.colour, fontweight="bold" if end.keep else "normal")  # fmt: skip


def name_points(axes: Axes, points: Sequence[End], avoid: np.ndarray) -> None:
    """Write names beside points so that none covers a point or another name; one that does not fit is left out.

    Args:
        axes: its limits and its size must be final.
        points: those to keep are named first, in bold; then come the points farthest from the others.
        avoid: [k, 2] places in data coordinates, such as along lines, that names avoid if they can.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    renderer, scale = FigureCanvasAgg(figure).get_renderer(), figure.dpi / 72
    frame = axes.get_window_extent(renderer)
    spots = np.asarray(axes.transData.transform([(point.x, point.y) for point in points])).reshape(-1, 2)
    lines = axes.transData.transform(avoid) if len(avoid) else np.empty((0, 2))
    taken = [Bbox.from_bounds(x - 3 * scale, y - 3 * scale, 6 * scale, 6 * scale) for x, y in spots]
    apart = np.sort(np.linalg.norm(spots[:, None] - spots[None], axis=2), axis=1)[:, 1:4].sum(axis=1)
    for index in sorted(range(len(points)), key=lambda i: (not points[i].keep, -apart[i], points[i].name)):
        point, spot = points[index], spots[index]
        steps = STEPS[:1] if len(points) >= CROWDED and not point.keep else STEPS
        style: dict[str, Any] = dict(fontsize=SIZE, color=point.colour, fontweight="bold" if point.keep else "normal")
        text = figure.text(0, 0, point.name, **style)
        extent = np.array(text.get_window_extent(renderer).size)
        text.remove()
        free = []
        for side in (step * scale * np.array(side) for step in steps for side in SIDES):
            corner = spot + side - extent * (1 - np.sign(side)) / 2
            box = Bbox([corner, corner + extent])
            inside = bool(np.all(frame.min <= box.min) and np.all(box.max <= frame.max))
            free += [box] if inside and not box.count_overlaps(taken) else []
        if not free:
            continue
        box = next((box for box in free if not ((lines >= box.min) & (lines <= box.max)).all(axis=1).any()), free[0])
        taken.append(box)
        far = np.linalg.norm(np.clip(spot, box.min, box.max) - spot) > 6 * scale
        leader = dict(arrowstyle="-", color=point.colour, lw=0.4, alpha=0.6, shrinkA=0, shrinkB=2) if far else None
        # White behind it, so that bars of other points do not strike the name out.
        behind = dict(boxstyle="square,pad=0.05", facecolor="white", edgecolor="none", alpha=0.75)
        axes.annotate(
            point.name, (point.x, point.y), (box.min - spot) / scale, textcoords="offset points", annotation_clip=False,
            ha="left", va="bottom", zorder=4, bbox=behind, arrowprops=leader, **style,
        ).set_in_layout(False)  # fmt: skip
