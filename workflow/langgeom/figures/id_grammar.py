"""Figure 3: intrinsic dimension of correct and of ungrammatical English, and their paired difference by type of error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote, layer_axis
from langgeom.analysis.layers import median_over_layers
from langgeom.analysis.pairs import twins
from langgeom.analysis.rows import LEAST, PANEL, Panel, by_layer, counted, reliable, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.lines import Series, draw_series, finish_axes, in_rows
from langgeom.figures.scales import Limits, limits
from langgeom.figures.style import DASHES, Look, page
from langgeom.metrics.catalogue import METRICS
from langgeom.names import CORRECT, corpora_of_pairs, type_of, type_words

COLUMNS = ("shown", "model", "kind", "init", "corpus", "text", "error", "layer", "metric", "over", "value", "low", "high", "n")
# The dimensions that have a paired difference.
PAIRED = tuple(name.removesuffix("_difference") for name in METRICS if name.endswith("_difference"))
ALL = "All types"
RIGHT = Look("#000000", "o", DASHES[0], 1.4)
WRONG = Look("#C0392B", "s", DASHES[1], 1.4)
TRAINED = Look("#332288", "o", DASHES[0], 1.4)
UNTRAINED = Look("#8C8C8C", "D", DASHES[2], 1.2)


class _Column(NamedTuple):
    """A trained model and its untrained twin; one of them may be missing."""

    trained: Panel | None
    untrained: Panel | None

    @property
    def main(self) -> Panel:
        panel = self.trained or self.untrained
        assert panel is not None
        return panel

    @property
    def looks(self) -> list[tuple[Panel, Look]]:
        both = ((self.untrained, UNTRAINED), (self.trained, TRAINED))
        return [(panel, look) for panel, look in both if panel]


@figure(
    "id_grammar",
    alias="fig03",
    title="Intrinsic dimension: grammatical and ungrammatical English",
    caption="Intrinsic dimension of correct English and of the same sentences with one error each, by layer, and the paired "
    "difference by type of error, beside that of the untrained twin. Is ungrammatical text the higher one?",
    metrics=("id",),
    pairs=True,
)
def id_grammar(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a column per trained model: ID by layer, difference by layer, and difference by type of error."""
    table = table[table["corpus"].isin(corpora_of_pairs(table["corpus"], table["text"]))]
    dimension, few = reliable(by_layer(table, settings.id))
    dimension = dimension[dimension["text"].map(lambda text: text == CORRECT or type_of(text) == "")]
    difference = by_layer(table, f"{settings.id}_difference")
    difference = difference.assign(error=difference["text"].map(type_of)).dropna(subset="error")
    medians = median_over_layers(difference).dropna(subset="value").assign(layer=pd.NA)
    if reason := _missing(table, dimension, medians, settings):
        return nothing(figure.title, reason, COLUMNS)
    columns = [_Column(*pair) for pair in twins(dimension)]
    main = {column.main for column in columns}
    shown = dimension[[panel in main for panel in zip(dimension["model"], dimension["corpus"], strict=True)]]
    errors = _ranking(medians)
    blocks = in_rows(columns)
    heights = [2.5, 1.7, 0.17 * len(errors) + 0.2] * len(blocks)
    present = [[column is not None for column in block] for block in blocks for _ in range(3)]
    note = _note(settings.id, dimension, difference, few)
    sheet = page(figure.title, note, present, 3.1, heights, left=1.45, right=0.95, gap=0.35, legend=_legend(columns))
    for number, block in enumerate(blocks):
        for place, column in enumerate(block):
            if column is None:
                continue
            above, middle, below = (sheet.axes[3 * number + part][place] for part in range(3))
            assert above is not None and middle is not None and below is not None
            _lines(above, rows_of(shown, column.main))
            above.set_title(title_of(column.main, dimension), loc="left")
            _differences(middle, difference[difference["error"] == ""], column)
            middle.set_xlabel(layer_axis(settings.final_norm))
            _dots(below, medians, column, errors)
            below.set_xlabel("Difference, median over layers 1 to last")
            if place == 0:
                above.set_ylabel(definition(settings.id).axis)
                middle.set_ylabel("Difference:\nungrammatical − correct")
            else:
                below.tick_params(labelleft=False)
    by_layers = [part.assign(shown="by layer") for part in (shown, difference)]
    drawn = pd.concat([*by_layers, medians.assign(shown="median over layers")], ignore_index=True)
    return Drawing(sheet.figure, drawn.astype({"layer": "Int16"})[list(COLUMNS)])


def _missing(table: pd.DataFrame, dimension: pd.DataFrame, medians: pd.DataFrame, settings: Settings) -> str:
    """Return why nothing can be drawn, "" if something can."""
    if table.empty:
        return "no corpus holds pairs of correct and ungrammatical text; add one, such as `grammar: {generate: {pairs: 384}}`."
    if settings.id not in PAIRED:
        return f"there is a paired difference of {' and '.join(PAIRED)} only; set figures.id to one of them."
    if dimension.empty or medians.empty:
        metric = f"{settings.id}_difference" if medians.empty else f"{settings.id} (from {LEAST} points or more)"
        return f"no model has {metric} for correct and ungrammatical text; see `metrics` of the config."
    return ""


def _settled(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the layers after the embedding, which set the scales; all layers if there are no others."""
    return rows[rows["layer"] > 0] if (rows["layer"] > 0).any() else rows


def _ranking(medians: pd.DataFrame) -> list[str]:
    """Order types by their mean rank over trained models, the largest difference last, all types together above them."""
    typed = medians[medians["error"] != ""]
    typed = typed[typed["init"] == "trained"] if (typed["init"] == "trained").any() else typed
    mean = typed.groupby(PANEL)["value"].rank().groupby(typed["error"]).mean()
    others = sorted(set(medians["error"]) - {""} - set(mean.index))
    whole = [""] if (medians["error"] == "").any() else []
    return [*others, *sorted(mean.index, key=lambda error: (mean[error], error)), *whole]


def _lines(axes: Axes, rows: pd.DataFrame) -> None:
    looks = {True: ("Correct", RIGHT), False: ("Ungrammatical", WRONG)}
    series = []
    for text, points in rows.groupby("text", sort=True):
        name, look = looks[text == CORRECT]
        series.append(Series(name, points.assign(x=points["layer"]), look))
    draw_series(axes, series)
    finish_axes(axes, series, limits(_settled(rows)), False, labelled=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))


def _frame(rows: pd.DataFrame) -> Limits:
    """Return limits that hold 0, all values and all intervals."""
    numbers = rows[["value", "low", "high"]].to_numpy(dtype=float)
    seen = [0.0, *numbers[np.isfinite(numbers)]]
    margin = 0.06 * (max(seen) - min(seen)) or 0.1
    return min(seen) - margin, max(seen) + margin


def _differences(axes: Axes, rows: pd.DataFrame, column: _Column) -> None:
    parts = [(rows_of(rows, panel), look) for panel, look in column.looks]
    # The band of the untrained twin, whose estimates vary most, would hide everything else.
    parts = [(part.assign(low=np.nan, high=np.nan) if look is not parts[-1][1] else part, look) for part, look in parts]
    series = [Series(look.colour, part.assign(x=part["layer"]), look) for part, look in parts if len(part)]
    axes.axhline(0, color="#333333", lw=0.8)
    draw_series(axes, series)
    finish_axes(axes, series, _frame(_settled(rows_of(rows, column.main))), False, labelled=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))


def _dots(axes: Axes, medians: pd.DataFrame, column: _Column, errors: Sequence[str]) -> None:
    """Draw a row per type: the difference with its interval, filled if that excludes 0; the untrained twin below it."""
    axes.axvline(0, color="#333333", lw=0.8)
    for panel, look in column.looks:
        lower = 0.2 * (look is UNTRAINED and column.trained is not None)
        for point in rows_of(medians, panel).itertuples():
            y = errors.index(point.error) - lower
            sure = point.low > 0 or point.high < 0
            twin = look is UNTRAINED and column.trained is not None
            axes.plot([point.low, point.high], [y, y], color=look.colour, lw=0.5 if twin else 1.0, alpha=0.6 if twin else 1)
            axes.plot(point.value, y, look.marker, color=look.colour, ms=4.2 if look is TRAINED else 3.2,
                      mfc=look.colour if sure else "white", mew=1.0)  # fmt: skip
    axes.set_yticks(range(len(errors)), [type_words(error) if error else ALL for error in errors])
    for tick, error in zip(axes.get_yticklabels(), errors, strict=True):
        tick.set_fontweight("normal" if error else "bold")
    axes.set_xlim(*_frame(rows_of(medians, column.main)))
    axes.set_ylim(-0.8, len(errors) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))


def _legend(columns: Sequence[_Column]) -> list[Line2D]:
    handles = [RIGHT.handle("Correct"), WRONG.handle("Ungrammatical")]
    inits = {"Difference, trained": TRAINED, "Difference, untrained": UNTRAINED}
    used = {look for column in columns for _, look in column.looks}
    return handles + [look.handle(name) for name, look in inits.items() if look in used]


def _note(metric: str, dimension: pd.DataFrame, difference: pd.DataFrame, few: str) -> str:
    whole = difference["error"] == ""
    counts = {"of all types": difference.loc[whole, "n"], "of one type": difference.loc[~whole, "n"]}
    said = [f"{counted(values)} {name}" for name, values in counts.items() if len(values)]
    return footnote(
        metric, dimension, "", f"Difference: of the sentences that are whole in both, {' and '.join(said)}.",
        "Bands and bars: 95 % bootstrap intervals over sentences, drawn jointly for both versions (bars: the median of the "
        "layers' bounds); filled markers: 0 lies outside. Each panel has its own scale, that of the trained model after the "
        "embeddings; layer 0 and the untrained twin (by layer without its band) may run out of it.", few,
    )  # fmt: skip
