"""Figure 3: intrinsic dimension of correct and of ungrammatical English, and their paired difference by type of error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import LEAST, by_layer, reliable, title_of, twins
from langgeom.figures.lines import Series, draw_series, finish_axes, in_rows
from langgeom.figures.scales import Limits, limits
from langgeom.figures.settings import Settings
from langgeom.figures.style import DASHES, Look, page
from langgeom.figures.words import footnote, layer_axis, words
from langgeom.metrics.catalogue import METRICS as CATALOGUE
from langgeom.names import CORRECT, corpora_of_pairs, type_of, type_words

__all__ = ["ALIAS", "CAPTION", "METRICS", "PAIRS", "TITLE", "draw"]

ALIAS = "fig03"
TITLE = "Intrinsic dimension: grammatical and ungrammatical English"
CAPTION = (
    "Intrinsic dimension of correct English and of the same sentences with one error each, by layer, and the paired "
    "difference by type of error, beside that of the untrained twin. Is ungrammatical text the higher one?"
)
METRICS = ("id",)
# The dimensions that there is a paired difference of.
PAIRED = tuple(name.removesuffix("_difference") for name in CATALOGUE if name.endswith("_difference"))
PAIRS = True  # it is drawn from the corpora that other figures leave out
COLUMNS = ("shown", "model", "kind", "init", "corpus", "text", "error", "layer", "metric", "over", "value", "low", "high", "n")
BY_LAYER, MEDIAN = "by layer", "median over layers"
ALL = "All types"
RIGHT = Look("#000000", "o", DASHES[0], 1.4)
WRONG = Look("#C0392B", "s", DASHES[1], 1.4)
TRAINED = Look("#332288", "o", DASHES[0], 1.4)
UNTRAINED = Look("#8C8C8C", "D", DASHES[2], 1.2)
Panel = tuple[str, str]


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


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a column for each trained model: ID by layer, difference by layer, and difference by type of error."""
    corpora = corpora_of_pairs(table["corpus"], table["text"])
    table = table[table["corpus"].isin(corpora)]
    if table.empty:
        reason = (
            "no corpus holds pairs of correct and ungrammatical text; add one, such as `grammar: {generate: {pairs: 384}}`."
        )
        return nothing(TITLE, reason, COLUMNS)
    dimension, few = reliable(by_layer(table, settings.id))
    dimension = dimension[dimension["text"].map(lambda text: text == CORRECT or type_of(text) == "")]
    difference = by_layer(table, f"{settings.id}_difference")
    difference = difference.assign(error=difference["text"].map(type_of)).dropna(subset="error")
    if settings.id not in PAIRED:
        reason = f"there is a paired difference of {' and '.join(PAIRED)} only; set figures.id to one of them."
        return nothing(TITLE, reason, COLUMNS)
    if dimension.empty or difference.empty:
        lacking = f"{settings.id}_difference" if difference.empty else f"{settings.id} (from {LEAST} points or more)"
        return nothing(
            TITLE, f"no model has {lacking} for correct and ungrammatical text; see `metrics` of the config.", COLUMNS
        )
    columns = [_Column(*pair) for pair in twins(dimension)]
    shown = dimension[
        [panel in {c.main for c in columns} for panel in zip(dimension["model"], dimension["corpus"], strict=True)]
    ]
    medians = _medians(difference)
    errors = _ranking(medians)
    blocks = in_rows(columns)
    heights = [2.5, 1.7, 0.17 * len(errors) + 0.2] * len(blocks)
    present = [[column is not None for column in block] for block in blocks for _ in range(3)]
    sheet = page(
        TITLE, _note(settings.id, dimension, difference, few), present, 3.1, heights, left=1.45, right=0.95, gap=0.35,
        legend=_legend(columns),
    )  # fmt: skip
    for number, block in enumerate(blocks):
        for place, column in enumerate(block):
            if column is None:
                continue
            above, middle, below = (sheet.axes[3 * number + part][place] for part in range(3))
            assert above is not None and middle is not None and below is not None
            _lines(above, _of(shown, column.main))
            above.set_title(title_of(column.main, dimension), loc="left")
            _differences(middle, difference[difference["error"] == ""], column)
            middle.set_xlabel(layer_axis(settings.final_norm))
            _dots(below, medians, column, errors)
            below.set_xlabel("Difference, median over layers 1 to last")
            if place == 0:
                above.set_ylabel(words(settings.id).axis)
                middle.set_ylabel("Difference:\nungrammatical − correct")
            else:
                below.tick_params(labelleft=False)
    drawn = pd.concat(
        [shown.assign(shown=BY_LAYER), difference.assign(shown=BY_LAYER), medians.assign(shown=MEDIAN)], ignore_index=True
    )
    return Drawing(sheet.figure, drawn.astype({"layer": "Int16"})[list(COLUMNS)])


def _of(rows: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    return rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1])]


def _settled(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows after the embeddings, where there are any: of layer 0 a word has one vector wherever it stands."""
    return rows[rows["layer"] > 0] if (rows["layer"] > 0).any() else rows


def _medians(difference: pd.DataFrame) -> pd.DataFrame:
    """Take each type's median difference over the layers after the embedding; of the intervals' bounds likewise."""
    keys = [name for name in COLUMNS if name not in ("shown", "layer", "value", "low", "high", "n")]
    medians = (
        _settled(difference).groupby(keys, sort=False).agg({"value": "median", "low": "median", "high": "median", "n": "min"})
    )
    return medians.reset_index().assign(layer=pd.NA)


def _ranking(medians: pd.DataFrame) -> list[str]:
    """Order types by their mean rank over trained models, the largest difference last, all types together above them."""
    typed = medians[medians["error"] != ""]
    typed = typed[typed["init"] == "trained"] if (typed["init"] == "trained").any() else typed
    ranks = typed.groupby(["model", "corpus"])["value"].rank()
    mean = ranks.groupby(typed["error"]).mean()
    others = sorted(set(medians["error"]) - {""} - set(mean.index))
    return [
        *others,
        *sorted(mean.index, key=lambda error: (mean[error], error)),
        *([""] if (medians["error"] == "").any() else []),
    ]


def _lines(axes: Axes, rows: pd.DataFrame) -> None:
    series = [
        Series(
            "Correct" if text == CORRECT else "Ungrammatical",
            points.assign(x=points["layer"]),
            RIGHT if text == CORRECT else WRONG,
        )
        for text, points in rows.groupby("text", sort=True)
    ]
    draw_series(axes, series)
    finish_axes(axes, series, limits(_settled(rows)), False, labelled=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))


def _frame(rows: pd.DataFrame) -> Limits:
    """Return the limits that hold 0, all values and all intervals."""
    numbers = rows[["value", "low", "high"]].to_numpy(dtype=float)
    seen = [0.0, *numbers[np.isfinite(numbers)]]
    margin = 0.06 * (max(seen) - min(seen)) or 0.1
    return min(seen) - margin, max(seen) + margin


def _differences(axes: Axes, rows: pd.DataFrame, column: _Column) -> None:
    parts = [(_of(rows, panel), look) for panel, look in column.looks]
    # Beside a band of the untrained twin, whose estimates vary most, nothing else would show.
    parts = [(part.assign(low=np.nan, high=np.nan) if look is not parts[-1][1] else part, look) for part, look in parts]
    series = [Series(look.colour, part.assign(x=part["layer"]), look) for part, look in parts if len(part)]
    axes.axhline(0, color="#333333", lw=0.8)
    draw_series(axes, series)
    finish_axes(axes, series, _frame(_settled(_of(rows, column.main))), False, labelled=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))


def _dots(axes: Axes, medians: pd.DataFrame, column: _Column, errors: Sequence[str]) -> None:
    """Draw a row a type: the difference with its interval, filled where that leaves out 0; the untrained twin below it."""
    axes.axvline(0, color="#333333", lw=0.8)
    for panel, look in column.looks:
        lower = 0.2 * (look is UNTRAINED and column.trained is not None)
        for point in _of(medians, panel).itertuples():
            y = errors.index(point.error) - lower
            sure = point.low > 0 or point.high < 0
            twin = look is UNTRAINED and column.trained is not None
            axes.plot([point.low, point.high], [y, y], color=look.colour, lw=0.5 if twin else 1.0, alpha=0.6 if twin else 1)
            axes.plot(point.value, y, look.marker, color=look.colour, ms=4.2 if look is TRAINED else 3.2,
                      mfc=look.colour if sure else "white", mew=1.0)  # fmt: skip
    axes.set_yticks(range(len(errors)), [type_words(error) if error else ALL for error in errors])
    for tick, error in zip(axes.get_yticklabels(), errors, strict=True):
        tick.set_fontweight("normal" if error else "bold")
    axes.set_xlim(*_frame(_of(medians, column.main)))
    axes.set_ylim(-0.8, len(errors) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))


def _legend(columns: Sequence[_Column]) -> list[Line2D]:
    handles = [RIGHT.handle("Correct"), WRONG.handle("Ungrammatical")]
    inits = {"Difference, trained": TRAINED, "Difference, untrained": UNTRAINED}
    used = {look for column in columns for _, look in column.looks}
    return handles + [look.handle(name) for name, look in inits.items() if look in used]


def _note(metric: str, dimension: pd.DataFrame, difference: pd.DataFrame, few: str) -> str:
    counts: Mapping[str, pd.Series] = {
        "of all types": difference.loc[difference["error"] == "", "n"],
        "of one type": difference.loc[difference["error"] != "", "n"],
    }
    said = [f"{_range(values)} {name}" for name, values in counts.items() if len(values)]
    return footnote(
        metric, dimension, "", f"Difference: of the sentences that are whole in both, {' and '.join(said)}.",
        "Bands and bars: 95 % bootstrap intervals over sentences, drawn jointly for both versions (bars: the median of the "
        "layers' bounds); filled markers: 0 lies outside. Each panel has its own scale, that of the trained model after the "
        "embeddings; layer 0 and the untrained twin (by layer without its band) may run out of it.", few,
    )  # fmt: skip


def _range(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
