"""Direct labels: names written beside the ends of lines, moved apart just enough not to overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

__all__ = ["End", "fitting", "label_ends", "spread", "thin"]

# A line of text takes about this many times its type size.
LEADING = 1.22
SMALLEST, LARGEST = 5.5, 7.5
# Points above and below an axes that belong to its labels too.
MARGIN = 8


class End(NamedTuple):
    """The end of a line: its name, its last point in data coordinates, its colour, and whether it must stay."""

    name: str
    x: float
    y: float
    colour: str
    keep: bool = False


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Move positions apart to at least `gap`, within [low, high], with the least sum of squared moves; order is kept.

    Args:
        positions: n numbers in any order.
        gap: least distance between neighbours.
        low, high: bounds; where n labels do not fit between them, the gap shrinks to what fits.

    Returns:
        The n moved positions, in the order given.

    Source: with positions minus their rank times the gap, the task is isotonic regression, solved by pooling adjacent
    violators (Best & Chakravarti 1990, Mathematical Programming 47).
    """
    wanted = np.asarray(positions, dtype=float)
    if not len(wanted):
        return wanted
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(len(wanted))
    pools: list[tuple[float, int]] = []
    for value in wanted[order] - steps:
        mean, size = float(value), 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        pools.append((mean, size))
    pooled = np.concatenate([np.full(size, mean) for mean, size in pools])
    moved = np.empty_like(wanted)
    moved[order] = np.clip(pooled, low, high - steps[-1]) + steps
    return moved


def thin(positions: Sequence[float], keep: Sequence[bool], most: int) -> list[int]:
    """Choose at most `most` labels: those to keep, the extremes, then the ones farthest from all chosen so far.

    Returns:
        The chosen indices, ascending.
    """
    if len(positions) <= most:
        return list(range(len(positions)))
    values = np.asarray(positions, dtype=float)
    first = [int(index) for index in np.flatnonzero(keep)] + [int(values.argmax()), int(values.argmin())]
    chosen = list(dict.fromkeys(first))[: max(most, 0)]
    while 0 < len(chosen) < most:
        distance = np.abs(values[:, None] - values[chosen][None, :]).min(axis=1)
        distance[chosen] = -1
        chosen.append(int(distance.argmax()))
    return sorted(chosen)


def fitting(height: float) -> int:
    """Return how many labels fit beside an axes of this height in inches, at the smallest type."""
    return int((72 * height + 2 * MARGIN) / (LEADING * SMALLEST)) + 1


def label_ends(axes: Axes, ends: Sequence[End]) -> None:
    """Write names right of an axes, each joined to its line's end; call it when the axes' limits are final.

    Type shrinks as names become many; names that do not fit even so are left out, never those to keep.
    """
    if not ends:
        return
    box = axes.get_position()
    size = axes.figure.get_size_inches()  # type: ignore[union-attr]
    height, width = 72 * size[1] * box.height, 72 * size[0] * box.width
    points = axes.transAxes.inverted().transform(axes.transData.transform([(end.x, end.y) for end in ends]))
    low, high = -MARGIN / height, 1 + MARGIN / height
    room = (high - low) * height
    chosen = thin(list(points[:, 1]), [end.keep for end in ends], fitting(height / 72))
    type_size = float(np.clip(room / (LEADING * max(1, len(chosen) - 1)), SMALLEST, LARGEST))
    places = spread([float(points[index, 1]) for index in chosen], LEADING * type_size / height, low, high)
    # The farther labels moved, the more room for their joints, lest these run as one.
    moved = max(abs(place - points[index, 1]) for index, place in zip(chosen, places, strict=True)) * height
    fan = float(np.clip(0.15 * moved, 9, 18))
    for index, place in zip(chosen, places, strict=True):
        end, (x, y) = ends[index], points[index]
        edge = 1 + fan / width
        joint = Line2D([x, 1 + 2 / width, edge], [y, y, place], transform=axes.transAxes, color=end.colour, lw=0.4, alpha=0.6)
        joint.set_clip_on(False)
        axes.add_artist(joint)
        axes.text(edge + 2 / width, place, end.name, transform=axes.transAxes, fontsize=type_size, va="center_baseline",
                  color=end.colour, fontweight="bold" if end.keep else "normal")  # fmt: skip
