"""One look for all figures: type, colours, markers, line styles, and pages of panels laid out in inches.

Colours follow Paul Tol's "muted" scheme for colour-blind readers, darkened for text. A marker, a line style or a label
repeats what a colour says, so that figures can be read in grey.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from langgeom.languages import UNKNOWN, language, script

TITLE_SIZE = 12
RC: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.edgecolor": "#333333",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.8,
    "ytick.major.width": 0.8,
    "lines.linewidth": 1.2,
    "savefig.dpi": 160,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    # Text stays text: searchable, selectable and small.
    "svg.fonttype": "none",
    # Without a fixed salt the ids in an SVG differ from run to run.
    "svg.hashsalt": "langgeom",
}

COLOURS = ("#332288", "#CC6677", "#117733", "#D99A00", "#882255", "#3A9BC1", "#999933", "#AA4499", "#44AA99",
           "#777777", "#8A5A2B")  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)))


class Look(NamedTuple):
    """How a series is drawn."""

    colour: str
    marker: str
    dash: Any
    width: float = 1.2

    def handle(self, name: str) -> Line2D:
        """Return the legend entry of this look."""
        return Line2D([], [], color=self.colour, marker=self.marker, ls=self.dash, lw=self.width, ms=4, label=name)


REFERENCE = Look("#000000", "o", "-", 1.8)
UNKNOWN_LOOK = Look("#9A9A9A", "o", DASHES[2])
# A script looks the same in every figure. Other scripts take a look by the sum of their code's letters.
SCRIPT_LOOKS = {
    "Latn": Look("#332288", "o", DASHES[0]),
    "Arab": Look("#CC6677", "s", DASHES[1]),
    "Cyrl": Look("#117733", "^", DASHES[3]),
    "Hans": Look("#D99A00", "D", DASHES[0]),
    "Hant": Look("#882255", "v", DASHES[1]),
    "Deva": Look("#3A9BC1", "P", DASHES[2]),
    "Tfng": Look("#999933", "X", DASHES[2]),
    "Adlm": Look("#AA4499", "<", DASHES[1]),
    "Mong": Look("#44AA99", ">", DASHES[3]),
}


def _look(index: int) -> Look:
    # 11 colours, 10 markers and 4 dashes: the three together repeat after 220 series only.
    return Look(COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)])


def family_looks(langs: Iterable[str]) -> dict[str, Look]:
    """Give every family of these languages (ISO 639-3, one per text) a look: the most frequent first, unknown last."""
    counts = Counter(language(lang).family for lang in langs)
    families = sorted(counts.keys() - {UNKNOWN}, key=lambda name: (-counts[name], name))
    looks = {family: _look(index) for index, family in enumerate(families)}
    return looks | ({UNKNOWN: UNKNOWN_LOOK} if UNKNOWN in counts else {})


def language_looks(langs: Iterable[str]) -> dict[str, Look]:
    """Give every language a look, in the order given."""
    return {lang: _look(index) for index, lang in enumerate(dict.fromkeys(langs))}


def script_look(code: str) -> Look:
    """Return the look of a script (ISO 15924)."""
    return SCRIPT_LOOKS.get(code) or _look(sum(map(ord, script(code).code)))


class Page(NamedTuple):
    """A figure with its axes, `axes[row][column]`, None where a panel is left out."""

    figure: Figure
    axes: list[list[Axes | None]]


def page(
    title: str,
    footnote: str,
    present: Sequence[Sequence[bool]],
    width: float,
    heights: Sequence[float],
    *,
    left: float = 0.75,
    right: float = 0.2,
    gap: float = 0.35,
    legend: Sequence[Line2D] = (),
    legend_title: str = "",
    above: float = 0.75,
    below: float = 0.75,
) -> Page:
    """Lay out panels of fixed size, with room for labels beside them; all lengths in inches.

    Args:
        title, footnote: above and below all panels; the footnote is wrapped.
        present: whether there is a panel at [row][column].
        width, heights: a panel's width, and the height of each row.
        left: room for the labels of the first column's y axis.
        right: room right of every panel (for direct labels).
        gap: room between columns besides `right`.
        legend: entries of the legend, drawn as a column right of the panels.
        legend_title: its heading.
        above: room for the title.
        below: room for the x axis's label between the last row and the footnote.
    """
    columns = len(present[0])
    # A handle, then about 0.065 inches a character.
    legend_width = max([1.3, *(0.6 + 0.068 * len(str(handle.get_label())) for handle in legend)])
    body = left + columns * (width + right) + (columns - 1) * gap + (legend_width if legend else 0)
    body = max(body, 6.4)
    lines = _wrap(footnote, body - 0.3)
    below, between = below + 0.155 * len(lines), 0.85
    tall = above + sum(heights) + (len(heights) - 1) * between + below
    if legend:
        tall = max(tall, above + below + 0.2 * (len(legend) + 2))
    figure = plt.figure(figsize=(body, tall))
    axes: list[list[Axes | None]] = []
    top = tall - above
    for row, height in zip(present, heights, strict=True):
        axes.append([])
        for column, here in enumerate(row):
            x = left + column * (width + right + gap)
            box = (x / body, (top - height) / tall, width / body, height / tall)
            axes[-1].append(figure.add_axes(box) if here else None)
        top -= height + between
    figure.text(0.15 / body, 1 - 0.14 / tall, title, fontsize=TITLE_SIZE, fontweight="bold", va="top")
    figure.text(0.15 / body, 0.1 / tall, "\n".join(lines), fontsize=7.5, color="#444444", va="bottom", linespacing=1.35)
    if legend:
        anchor = ((body - legend_width + 0.05) / body, 1 - (above - 0.1) / tall)
        figure.legend(
            handles=list(legend), title=legend_title or None, loc="upper left", bbox_to_anchor=anchor, frameon=False,
            alignment="left", handlelength=2.6, labelspacing=0.55, borderaxespad=0,
        )  # fmt: skip
    return Page(figure, axes)


def _wrap(text: str, width: float) -> list[str]:
    """Break text at about the characters that fit into `width` inches at the footnote's size."""
    return [line for part in text.splitlines() for line in textwrap.wrap(part, max(40, int(width * 16.5)))]
