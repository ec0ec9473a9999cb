"""Direct labels: names beside the ends of lines, moved apart just enough not to overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

# A line of text takes about this many times its type size.
LEADING = 1.22
SMALLEST, LARGEST = 5.5, 7.5
# Points above and below an axes that belong to its labels too.
MARGIN = 8


class End(NamedTuple):
    """The end of a line: its name, its last point in data coordinates, its colour, and whether its label must stay."""

    name: str
    x: float
    y: float
    colour: str
    keep: bool = False


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Move positions at least `gap` apart, within [low, high], in the same order, with the least sum of squared moves.

    Args:
        positions: n numbers in any order.
        gap: least distance between neighbours.
        low, high: bounds; the gap shrinks if n labels do not fit between them.

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
    """Choose at most `most` labels: those to keep, the extremes, then always the one farthest from all chosen.

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
    """Write names to the right of an axes, with a leader line from each line's end; the axes' limits must be final.

    Many names shrink the type. Names that still do not fit are left out, except those to keep.
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
    # Widen the gutter when labels moved far, so that leader lines stay apart.
    moved = max(abs(place - points[index, 1]) for index, place in zip(chosen, places, strict=True)) * height
    fan = float(np.clip(0.15 * moved, 9, 18))
    for index, place in zip(chosen, places, strict=True):
        end, (x, y) = ends[index], points[index]
        edge = 1 + fan / width
        leader = Line2D([x, 1 + 2 / width, edge], [y, y, place], transform=axes.transAxes, color=end.colour, lw=0.4, alpha=0.6)
        leader.set_clip_on(False)
        axes.add_artist(leader)
        axes.text(edge + 2 / width, place, end.name, transform=axes.transAxes, fontsize=type_size, va="center_baseline",
                  color=end.colour, fontweight="bold" if end.keep else "normal")  # fmt: skip
