"""All findings at a glance: every tested effect with its interval and verdict, on one axis."""

from __future__ import annotations

import math
import os
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from langgeom.analysis import Settings
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.style import page

COLUMNS = ("finding", "model", "corpus", "effect", "shown", "shown_low", "shown_high", "shown_centre", "shown_bound", "claimed",
           "n", "unit", "p_adjusted", "verdict", "doubt", "reason")  # fmt: skip
# Verdict -> colour, marker, filled: shape and filling tell them apart in grey.
LOOKS = {
    "supported": ("#117733", "o", True),
    "contradicted": ("#882255", "X", True),
    "depends on the estimator": ("#46658A", "s", False),
    "no evidence": ("#555555", "D", False),
    "not testable": ("#9A9A9A", "|", False),
}
ROW, CLAIM_GAP = 0.19, 0.35
LEFT, WIDTH, SPAN = 2.6, 4.2, 2.08
# Where headings begin on the axis: below the title, 0.15 inches from the edge.
EDGE = -SPAN / 2 - (LEFT - 0.15) * SPAN / WIDTH
NOTE = (
    "Correlations as they are; a mean of d standard deviations (over languages, pairs or sentences) as d/√(1+d²). Bars: 95 % "
    "intervals, not corrected for many tests. Shaded: where the claim would be true; a claim of none is supported by a bar "
    "within it. Verdicts: p ≤ 0.05 after Holm's correction over all tests on one corpus. n counts languages where nothing else "
    "is said. Hollow circles and crosses: verdicts in doubt, which another estimator or the interval over families "
    "would not bear. Not testable: the value alone, too few for any test. Reasons and all numbers: findings.md."
)


@figure(
    "findings",
    title="The study's conclusions, put to the test",
    caption="Every effect that a conclusion of the study turns on, with its 95 % interval, on one axis. "
    "Which conclusions hold for these models, and which can these data not decide?",
    metrics=("id", "anisotropy", "kl_mean", "kl_padded", "bpc"),
    tables=("findings",),
)
def findings(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a block per conclusion in the order of the study, with a row per effect and model."""
    table = table.assign(number=table["finding"].str[1:].astype(int))
    table = table.sort_values(["number", "effect", "corpus", "model"], kind="stable", na_position="first", ignore_index=True)
    if table.empty:
        return nothing(figure.title, "there are no findings.", COLUMNS)
    heights, y = [], 0.0
    for _, rows in table.groupby("number", sort=True):
        y += CLAIM_GAP
        # A conclusion without any effect on the axis takes one line.
        shown = rows[rows["shown"].notna()]
        heights.append((y, shown))
        y += ROW * max(1, len(shown)) + 0.08
    sheet = page(figure.title, NOTE, [[True]], WIDTH, [y + 0.1], left=LEFT, right=1.75, above=0.95)
    axes = sheet.axes[0][0]
    assert axes is not None
    axes.set_xlim(-SPAN / 2, SPAN / 2)
    axes.set_ylim(y + 0.1, 0)
    axes.set_yticks([])
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color="#333333", lw=0.8)
    axes.set_xlabel("Standardised effect (correlation, or d/√(1+d²))")
    several = table["corpus"].nunique() > 1
    for (top, shown), (_, rows) in zip(heights, table.groupby("number", sort=True), strict=True):
        _block(axes, top, shown, rows, several)
    present = [verdict for verdict in LOOKS if (table["verdict"] == verdict).any()]
    axes.legend(handles=[_handle(verdict) for verdict in present], loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4,
                frameon=False, borderaxespad=0.2, handletextpad=0.3, columnspacing=1.2)  # fmt: skip
    return Drawing(sheet.figure, table[list(COLUMNS)])


def _block(axes: Axes, top: float, shown: pd.DataFrame, rows: pd.DataFrame, several: bool) -> None:
    """Draw a conclusion: its claim as a heading, and its effects below."""
    axes.plot([EDGE, 1.95], [top - CLAIM_GAP + 0.06] * 2, color="#BBBBBB", lw=0.6, clip_on=False)
    first = rows.iloc[0]
    heading = f"{first['finding']}  {first['claim']}"
    white = dict(facecolor="white", edgecolor="none", pad=1)
    axes.text(EDGE, top - 0.12, heading, fontsize=8, fontweight="bold", va="center", clip_on=False, bbox=white)
    if shown.empty:
        why = "not testable: " + "; ".join(dict.fromkeys(rows["reason"].dropna()))
        axes.text(EDGE, top + ROW / 2, _short(why, 125), fontsize=7.5, color="#666666", va="center", style="italic", bbox=white)
        return
    # The effects of one conclusion are named by the words they do not share.
    effects = sorted(set(shown["effect"]))
    same = len(os.path.commonprefix(effects)) if len(effects) > 1 else None  # noqa: RUF071 (of words, not of paths)
    for place, row in enumerate(shown.to_dict("records")):
        said = "" if same is None else str(row["effect"])[same:].strip()
        _effect(axes, top + ROW * (place + 0.5), row, said, several)


def _effect(axes: Axes, y: float, at: dict[str, Any], said: str, several: bool) -> None:
    colour, marker, filled = LOOKS[at["verdict"]]
    filled = filled and not isinstance(at["doubt"], str)
    low, high = _claimed(at)
    axes.fill_between([low, high], y - 0.42 * ROW, y + 0.42 * ROW, color="#DDE8DD", lw=0, zorder=0.5)
    if math.isfinite(at["shown_low"]):
        axes.plot([at["shown_low"], at["shown_high"]], [y, y], color=colour, lw=1.5, solid_capstyle="butt")
    axes.plot(at["shown"], y, marker, color=colour, mfc=colour if filled else "white", ms=5.5 if marker != "|" else 8, mew=1.2)
    name = str(at["model"]) + (f" · {at['corpus']}" if several else "")
    axes.text(EDGE, y, _short(name, 42), fontsize=7.5, va="center", clip_on=False)
    counted = f"n {at['n']}" + ("" if at["unit"] == "languages" else f" {at['unit']}")
    axes.text(1.08, y, ", ".join(filter(None, [counted, _short(said, 26)])), fontsize=7, color="#444444", va="center",
              clip_on=False)  # fmt: skip


def _claimed(at: dict[str, Any]) -> tuple[float, float]:
    """Return the part of the axis where the claim is true."""
    centre, bound, claimed = (float(at[key]) for key in ("shown_centre", "shown_bound", "claimed"))
    if claimed == 0:
        return (-bound, bound) if math.isfinite(bound) else (0.0, 0.0)
    return (centre, SPAN / 2) if claimed > 0 else (-SPAN / 2, centre)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _handle(verdict: str) -> Line2D:
    colour, marker, filled = LOOKS[verdict]
    return Line2D(
        [], [], color=colour, marker=marker, lw=1.5, mfc=colour if filled else "white", ms=5.5, mew=1.1, label=verdict
    )
