"""All findings at a glance: every tested effect with its interval and verdict, on one axis."""

from __future__ import annotations

import math
import os
import textwrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from langgeom.analysis import Settings
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.page import sheet
from langgeom.figures.style import DARK, SOFT, Look

COLUMNS = ("finding", "model", "corpus", "effect", "shown", "shown_low", "shown_high", "shown_centre", "shown_bound", "claimed",
           "n", "unit", "p_adjusted", "verdict", "doubt", "reason")  # fmt: skip
# Shape and filling tell verdicts apart in grey.
LOOKS = {
    "supported": Look("#117733", "o"),
    "contradicted": Look("#882255", "X"),
    "depends on the estimator": Look("#46658A", "s"),
    "no evidence": Look("#555555", "D"),
    "not testable": Look("#9A9A9A", "|"),
}
FILLED = ("supported", "contradicted")
# Inches: a row, room above a claim, left of the axis, and the axis.
ROW, GAP, LEFT, WIDTH = 0.19, 0.35, 3.2, 4.2
SPAN = 2.08
# Where headings begin on the axis: below the title.
EDGE = -SPAN / 2 - (LEFT - 0.1) * SPAN / WIDTH
NOTE = (
    "Correlations are shown as they are; a mean of d standard deviations (over languages, pairs or sentences) as d/√(1+d²). "
    "Bars: 95 % intervals, not corrected for many tests. Shaded: where the claim would be true; a claim of no effect is "
    "supported by a bar within it. Verdicts: p ≤ 0.05 after Holm's correction over all tests on one corpus. Hollow circles and "
    "crosses are in doubt. n counts languages where nothing else is said. Not testable: the value alone, too few for any test. "
    "findings.md has all reasons and numbers."
)


@figure("findings", title="Conclusions, put to the test", tables=("findings",),
        metrics=("id", "anisotropy", "kl_mean", "kl_padded", "bpc"))  # fmt: skip
def findings(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Every effect that a conclusion turns on, with its 95 % interval, on one axis.
    Which conclusions hold for these models, and which can these data not decide?
    """
    table = table.assign(number=table["finding"].str[1:].astype(int))
    table = table.sort_values(["number", "effect", "corpus", "model"], kind="stable", na_position="first", ignore_index=True)
    if table.empty:
        raise Nothing("there are no findings.")
    blocks, y = [], 0.0
    for _, rows in table.groupby("number"):
        shown = rows[rows["shown"].notna()]
        why = textwrap.wrap("not testable: " + "; ".join(dict.fromkeys(rows["reason"].dropna())), 120) if shown.empty else []
        blocks.append((y + GAP, rows, shown.assign(words=_words(shown)), why))
        y += GAP + ROW * (len(shown) + len(why)) + 0.08
    longest = max(len(words) for _, _, shown, _ in blocks for words in ["", *shown["words"]])
    right = max(1.9, 0.2 + 0.052 * longest)
    picture, places = sheet(about.title, NOTE, [y + 0.5], 1, LEFT + WIDTH + right)
    picture.set_layout_engine(None)  # "none" draws all once more for each file
    (wide, tall), axes = picture.get_size_inches(), places[0, 0]
    below = tall - y - 0.9
    picture.suptitle(about.title, x=0.1 / wide, y=1 - 0.1 / tall, ha="left", va="top", fontsize=12, fontweight="bold")
    axes.set_position((LEFT / wide, below / tall, WIDTH / wide, (y + 0.1) / tall))
    axes.set(xlim=(-SPAN / 2, SPAN / 2), ylim=(y + 0.1, 0), yticks=[], xlabel="Standardised effect (correlation, or d/√(1+d²))")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=DARK, lw=0.8)
    white = dict(facecolor="white", edgecolor="none", pad=1)
    for top, rows, shown, why in blocks:  # a claim as a heading, and its effects below, or why there is none
        axes.plot([EDGE, 2.0], [top - GAP + 0.06] * 2, color="#BBBBBB", lw=0.6, clip_on=False)
        heading = f"{rows['finding'].iloc[0]}  {rows['claim'].iloc[0]}"
        axes.text(EDGE, top - 0.12, heading, fontsize=8, fontweight="bold", va="center", clip_on=False, bbox=white)
        for place, line in enumerate(why):
            axes.text(EDGE, top + ROW * (place + 0.5), line, fontsize=7.5, color=SOFT, va="center", style="italic", bbox=white)
        for place, row in enumerate(shown.to_dict("records")):
            _effect(axes, top + ROW * (place + 0.5), row, table["corpus"].nunique() > 1)
    present = [verdict for verdict in LOOKS if (table["verdict"] == verdict).any()]
    handles = [LOOKS[name].handle(name, lw=1.5, **_face(name, True)) for name in present]
    if (doubted := table["doubt"].notna() & table["verdict"].isin(FILLED)).any():
        name = table.loc[doubted, "verdict"].iloc[0]
        handles.append(LOOKS[name].handle("in doubt", ls="", **_face(name, False)))
    picture.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.1 / wide, 1 - 0.42 / tall), ncols=6, frameon=False,
                   borderaxespad=0, handletextpad=0.4, columnspacing=1.4)  # fmt: skip
    return Drawing(picture, table[list(COLUMNS)])


def _words(shown: pd.DataFrame) -> list[str]:
    """Return what stands right of each effect of a conclusion: n, and of several effects the words that they do not share."""
    effects = sorted(set(shown["effect"]))
    same = len(os.path.commonprefix(effects)) if len(effects) > 1 else None  # noqa: RUF071 (of words, not of paths)
    words = []
    for row in shown.itertuples():
        counted = f"n {row.n}" + ("" if row.unit == "languages" else f" {row.unit}")
        words.append(counted if same is None else f"{counted}, {str(row.effect)[same:].strip()}".removesuffix(", "))
    return words


def _effect(axes: Axes, y: float, at: dict[str, Any], several: bool) -> None:
    look = LOOKS[at["verdict"]]
    axes.fill_between(_claimed(at), y - 0.42 * ROW, y + 0.42 * ROW, color="#DDE8DD", lw=0, zorder=0.5)
    if math.isfinite(at["shown_low"]):
        axes.plot([at["shown_low"], at["shown_high"]], [y, y], color=look.colour, lw=1.5, solid_capstyle="butt")
    axes.plot(at["shown"], y, look.marker, color=look.colour, **_face(at["verdict"], not isinstance(at["doubt"], str)))
    name = str(at["model"]) + (f" · {at['corpus']}" if several else "")
    axes.text(EDGE, y, textwrap.shorten(name, 60, placeholder="…"), fontsize=7.5, va="center", clip_on=False)
    axes.text(1.08, y, at["words"], fontsize=7, color="#444444", va="center", clip_on=False)


def _face(verdict: str, sure: bool) -> dict[str, Any]:
    """Return how a mark is filled: a verdict in doubt, and one that decides nothing, is hollow."""
    filled = verdict in FILLED and sure
    size = {"not testable": 8.0, "contradicted": 7.0}.get(verdict, 5.5)
    return {"ms": size, "mew": 1.0, "mfc": LOOKS[verdict].colour if filled else "white"}


def _claimed(at: dict[str, Any]) -> tuple[float, float]:
    """Return the part of the axis where the claim is true."""
    centre, bound, claimed = (float(at[key]) for key in ("shown_centre", "shown_bound", "claimed"))
    if claimed == 0:
        return (-bound, bound) if math.isfinite(bound) else (0.0, 0.0)
    return (centre, SPAN / 2) if claimed > 0 else (-SPAN / 2, centre)
