"""One look for all figures: seaborn's theme with our type, colours, markers and line styles.

Colours follow Paul Tol's "muted" scheme for colour-blind readers, darkened for text. A marker, a line style or a label
repeats what a colour says, so that figures can be read in grey.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from matplotlib.lines import Line2D

from langgeom.languages import UNKNOWN, language, script

RC: dict[str, Any] = {
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.6,
    "savefig.dpi": 160,
    # Text stays text: searchable, selectable and small.
    "svg.fonttype": "none",
    # Without a fixed salt the ids in an SVG differ from run to run.
    "svg.hashsalt": "langgeom",
}

COLOURS = ("#332288", "#CC6677", "#117733", "#D99A00", "#882255", "#3A9BC1", "#999933", "#AA4499", "#44AA99",
           "#777777", "#8A5A2B")  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)))
# The heading of a legend of families.
FAMILY = "Language family"
# Zero, chance and fitted lines; words beside a picture.
DARK, SOFT = "#333333", "#666666"


class Look(NamedTuple):
    """How a series is drawn."""

    colour: str
    marker: str = "o"
    dash: Any = "-"
    width: float = 1.2

    def handle(self, name: str, **changes: Any) -> Line2D:
        """Return the legend entry of this look: a line with its marker, or what `changes` make of it."""
        given = dict(color=self.colour, marker=self.marker, ls=self.dash, lw=self.width, ms=4.5, mew=1.1, label=name)
        return Line2D([], [], **given | changes)


REFERENCE = Look("#000000", "o", "-", 1.9)
UNKNOWN_LOOK = Look("#9A9A9A", "o", DASHES[2])
# A script looks the same in every figure. Other scripts take a look by the sum of their code's letters.
SCRIPT_DASHES = {"Latn": 0, "Arab": 1, "Cyrl": 3, "Hans": 0, "Hant": 1, "Deva": 2, "Tfng": 2, "Adlm": 1, "Mong": 3}
SCRIPT_LOOKS = {
    code: Look(COLOURS[number], MARKERS[number], DASHES[dash]) for number, (code, dash) in enumerate(SCRIPT_DASHES.items())
}


def nth_look(index: int, width: float = 1.2) -> Look:
    """Return the look of the series with this number: colour, marker and dash together repeat after 220 series only."""
    return Look(COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)], width)


def family_looks(langs: Iterable[str]) -> dict[str, Look]:
    """Give every family of these languages (ISO 639-3, one per text) a look: the most frequent first, unknown last."""
    counts = Counter(language(lang).family for lang in langs)
    families = sorted(counts.keys() - {UNKNOWN}, key=lambda name: (-counts[name], name))
    looks = {family: nth_look(index) for index, family in enumerate(families)}
    return looks | ({UNKNOWN: UNKNOWN_LOOK} if UNKNOWN in counts else {})


def language_looks(langs: Iterable[str]) -> dict[str, Look]:
    """Give every language a look, in the order given."""
    return {lang: nth_look(index) for index, lang in enumerate(dict.fromkeys(langs))}


def script_look(code: str) -> Look:
    """Return the look of a script (ISO 15924)."""
    return SCRIPT_LOOKS.get(code) or nth_look(sum(map(ord, script(code).code)))
