"""Lines by layer: a panel of them, and the figure of one panel a model with one line a language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote, layer_axis
from langgeom.analysis.pairs import twins
from langgeom.analysis.rows import LEAST, numbers, panels, reliable, rows_of, title_of
from langgeom.analysis.rows import Panel as Place
from langgeom.figures.catalogue import Figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.labels import MOST, SIZE, End, label_ends, name_points
from langgeom.figures.page import Panel, Scale, in_rows, noted, page, scaled
from langgeom.figures.style import DARK, DASHES, FAMILY, REFERENCE, Look, family_looks
from langgeom.languages import label, language

BANDS = "Bands: 95 % intervals over sentences or documents."
# Bands of more lines than this would hide one another: then only lines to keep have one.
BANDED = 8
# With more lines than this, they are thin.
CROWDED = 40
# So many lines are named at their peaks.
PEAKS = 3


@dataclass(kw_only=True)
class Lines(Panel):
    """Lines with markers, bands and names.

    Attributes:
        rows: a row per point: `x`, `value`, `low`, `high`, `name` (of the line), `hue` (a key of `looks`), and `null`, if any.
        looks: how each hue is drawn, the last on top.
        keep: names that must stay, in bold.
        named: where lines are named: at their "end", the highest at their "peak", or "" for nowhere.
        level: the height of a line across, as chance or zero, and its name.
    """

    looks: Mapping[str, Look] = field(default_factory=dict)
    keep: Sequence[str] = ()
    named: str = "end"
    level: tuple[float, str] | None = None

    def draw(self, axes: Axes) -> None:
        rows = self.rows.sort_values(["name", "x"], ignore_index=True)
        # A line breaks where a layer is missing.
        steps = rows.groupby("name")["x"].diff()
        gaps = (steps > 1.5 * steps.groupby(rows["name"]).transform("min")) & ("x" not in self.log)
        rows["part"] = rows["name"] + gaps.groupby(rows["name"]).cumsum().astype(str)
        names = list(rows["name"].unique())
        for _, band in rows[rows["name"].isin(names if len(names) <= BANDED else self.keep)].groupby("part"):
            colour = self.looks[band["hue"].iloc[0]].colour
            axes.fill_between(band["x"], band["low"], band["high"], color=colour, alpha=0.13, lw=0)
        beside: dict[str, Any] = dict(transform=axes.get_yaxis_transform(), fontsize=SIZE, va="center")
        if "null" in rows and rows["null"].notna().any():
            null = rows.groupby("x")["null"].agg(["min", "max"]).dropna()
            axes.fill_between(null.index, null["min"], null["max"], color=DARK, alpha=0.25, lw=0.8, zorder=1)
            axes.text(1.01, null.iloc[-1].mean(), "by chance", **beside)
        elif self.level:
            height, name = self.level
            axes.axhline(height, color=DARK, lw=0.8, ls=DASHES[1] if name else "-", zorder=1)
            axes.text(1.01, height, name, **beside)
        slim = 0.5 if len(names) > CROWDED else 0.9 if len(names) > BANDED else 1.1
        for hue in (hue for hue in self.looks if (rows["hue"] == hue).any()):
            look = self.looks[hue]  # one call a hue: several semantics of seaborn's take the time of their product
            sns.lineplot(
                rows[rows["hue"] == hue], x="x", y="value", units="part", estimator=None, ax=axes, color=look.colour,
                ls=look.dash, marker=look.marker, ms=4 * slim, mew=0,
                lw=look.width * (slim if look.width < REFERENCE.width else 1),
            )  # fmt: skip
        for number, line in enumerate(axes.lines):
            every = max(1, len(line.get_xdata()) // 6)  # type: ignore[arg-type]
            line.set_markevery((number % every, every))  # keeps the markers of neighbouring lines apart
        low, high = float(rows["x"].min()), float(rows["x"].max())
        self.xlim = self.xlim or (low - 0.02 * (high - low or 1), high + 0.01 * (high - low or 1))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7) if high > 1 else MaxNLocator(5))

    def label(self, axes: Axes) -> None:
        at = "value" if self.named == "peak" else "x"
        last = self.rows.loc[self.rows.groupby("name")[at].idxmax()].sort_values("value")
        last = last.assign(y=last["value"].clip(*axes.get_ylim()), colour=[self.looks[hue].colour for hue in last["hue"]])
        ends = [End(row["name"], row["x"], row["y"], row["colour"], row["name"] in self.keep) for _, row in last.iterrows()]
        if self.named == "peak":
            name_points(axes, ends[-PEAKS:], self.rows[["x", "value"]].to_numpy(dtype=float))
        elif self.named:
            label_ends(axes, ends)


def by_family(rows: pd.DataFrame, reference: str) -> tuple[pd.DataFrame, dict[str, Look], list[Line2D], list[str]]:
    """Colour the texts of rows from `by_layer` by language family, the reference text ("" for none) black and on top.

    Returns:
        The rows with `x`, `name` and `hue` for `Lines`, the looks, the legend's entries, and the names to keep.
    """
    texts = list(rows["text"].unique())
    names = {text: label(text, texts) for text in texts}
    families = {text: language(text[:3]).family for text in texts if text != reference}
    looks = family_looks(rows.drop_duplicates("text")["lang"])
    looks = {family: look for family, look in looks.items() if family in families.values()}
    black = {names[reference]: REFERENCE} if reference in names else {}
    hues = rows["text"].map(families | {reference: names.get(reference, "")})
    legend = [look.handle(name) for name, look in (black | looks).items()]
    return rows.assign(x=rows["layer"], name=rows["text"].map(names), hue=hues), looks | black, legend, list(black)


def by_language(
    about: Figure, rows: pd.DataFrame, settings: Settings, *sentences: str,
    grid: Sequence[Sequence[Place | None]] | None = None, reason: str = "", x: str = "",
    scale: Callable[[pd.DataFrame], Scale] = scaled,
) -> Drawing:  # fmt: skip
    """Draw one metric by layer: a panel a (model, corpus), a line a text.

    Args:
        rows: of the metric, as `by_layer` returns them.
        sentences: what the footnote says besides the metric's definition, n and the corpora.
        grid: the panels at [row][column]; by default in the order of the rows.
        reason: why nothing is drawn if there are no rows.
        x: the label of the layer axis, if it is not the usual one.
        scale: gives each row of panels its axis from their rows.
    """
    if rows.empty:
        raise Nothing(reason or f"no model has {' or '.join(about.metrics)}; see `metrics` of the config.")
    lines, looks, legend, keep = by_family(rows, settings.reference)
    metric, cells = str(rows["metric"].iloc[0]), list[list[Panel | None]]()
    for row in grid or in_rows(panels(rows)):
        parts = [place and rows_of(lines, place) for place in row]
        bounds, log = scale(pd.concat([part for part in parts if part is not None]))
        cells.append([
            place and Lines(rows=rows_of(lines, place), title=title_of(place, rows), x=x or layer_axis(settings.final_norm),
                            y=definition(metric).axis, ylim=bounds, log=log, looks=looks, keep=keep)
            for place in row
        ])  # fmt: skip
    most = lines.groupby(["model", "corpus"])["text"].nunique().max()
    bands = BANDS if most <= BANDED else f"Band: 95 % interval of {keep[0]}; the CSV has all." if keep else ""
    named = f"Named: {MOST} of {most} lines." * bool(most > MOST)
    note = noted(rows, footnote(metric, rows, label(settings.reference, []), *sentences, bands, named))
    legend = legend if most > 4 else []  # as many names stand at the lines
    return Drawing(page(about.title, note, cells, 4.2, legend, FAMILY), numbers(rows))


def after_embedding(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the reliable rows of the layers after the embedding (of layer 0 if there is no other), and a note on the rest.

    Raises:
        Nothing: there are rows, and none is reliable.
    """
    shown, few = reliable(rows)
    if shown.empty and len(rows):
        metric = rows["metric"].iloc[0]
        raise Nothing(f"every value of '{metric}' rests on fewer than {LEAST} points; the CSV has them.", numbers(rows))
    after = shown[shown["layer"] > 0]
    if after.empty or len(after) == len(shown):
        return shown, few
    return after, f"Layer 0, where a token has one vector in every context, is in the CSV alone. {few}".strip()


def by_twins(rows: pd.DataFrame) -> list[list[Place | None]]:
    """Lay out each trained (model, corpus) above its untrained twin, three columns at most."""
    grid = [[pair[side] for pair in block] for block in in_rows(twins(rows)) for side in (0, 1)]
    return [row for row in grid if any(row)]


def layer_note(settings: Settings) -> str:
    """Return where the last layer is taken, for the footnote of panels too narrow for that."""
    return f"The last layer is taken {'after' if settings.final_norm else 'before'} the final norm."
