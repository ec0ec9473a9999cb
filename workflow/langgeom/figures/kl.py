"""What the figures of KL divergence to the reference text share: languages ranked above, lines by layer below."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import NUMBERS, by_layer, main_models, numbers, panels, title_of, two_scripts
from langgeom.figures.labels import fitting
from langgeom.figures.lines import Series, draw_series, finish_axes, in_rows, limits, log_scale, plain_log
from langgeom.figures.settings import Settings
from langgeom.figures.style import Look, family_looks, page, script_look
from langgeom.figures.words import footnote, layer_axis, words
from langgeom.languages import label, language, script
from langgeom.names import TextName

__all__ = ["COLUMNS", "draw_kl", "mean_over_layers"]

# The numbers drawn: the means over layers (`shown` = "mean over layers", `layer` missing) and the values by layer.
COLUMNS = ("shown", *NUMBERS)
MEAN = "mean over layers"
LINE_HEIGHT = 3.1
Language = tuple[str, str]


def mean_over_layers(rows: pd.DataFrame) -> pd.DataFrame:
    """Average each text's values over the layers after the embedding (index 1 and up); intervals too.

    The mean of the layers' bounds is at least as wide as the interval of the mean: the spread of a mean is at most the
    mean of the spreads, reached where layers err alike.
    """
    after = rows[rows["layer"] > 0] if (rows["layer"] > 0).any() else rows
    keys = [name for name in NUMBERS if name not in ("layer", "value", "low", "high", "n")]
    means = after.groupby(keys, sort=False).agg({"value": "mean", "low": "mean", "high": "mean", "n": "min"})
    return means.reset_index().assign(layer=pd.NA)


def draw_kl(table: pd.DataFrame, settings: Settings, metric: str, title: str) -> Drawing:
    """Draw a column for each trained model: languages ranked by their mean over layers, and all of them by layer.

    Languages in two scripts have one row with a marker for each script, joined; in the lower panel they are drawn bold.
    """
    rows = main_models(by_layer(table, metric))
    # Its divergence to itself is zero at every layer.
    rows = rows[rows["text"] != settings.reference].reset_index(drop=True)
    if rows.empty:
        return nothing(title, f"no text besides the reference '{settings.reference}' has the metric '{metric}'.", COLUMNS)
    layers = numbers(rows)
    means = mean_over_layers(layers)
    pairs = set(two_scripts(rows)["text"])
    looks = family_looks(rows.drop_duplicates("text")["lang"])
    order = _ranking(means)
    log = log_scale(means["value"]), log_scale(layers["value"])
    blocks = in_rows(panels(rows))
    heights = [0.165 * len(order) + 0.15, LINE_HEIGHT] * len(blocks)
    reference = label(settings.reference, [])
    note = _note(metric, rows, reference, len(set(rows["text"])))
    present = [[panel is not None for panel in block] for block in blocks for _ in range(2)]
    sheet = page(title, note, present, 3.1, heights, left=1.5, right=1.15, legend=_legend(looks, rows, pairs),
                 legend_title="Family, script" if pairs else "Family")  # fmt: skip
    texts = list(rows["text"].unique())
    names = {_row_of(text): label(text, texts, with_script=False) for text in texts}
    for number, block in enumerate(blocks):
        for column, panel in enumerate(block):
            above, below = sheet.axes[2 * number][column], sheet.axes[2 * number + 1][column]
            if panel is None or above is None or below is None:
                continue
            mine = (layers["model"] == panel[0]) & (layers["corpus"] == panel[1])
            here = means[(means["model"] == panel[0]) & (means["corpus"] == panel[1])]
            _dots(above, here, order, [names[row] for row in order], pairs, looks, limits(means, log[0]), log[0])
            above.set_title(title_of(panel, rows), loc="left")
            above.set_xlabel(f"{words(metric, reference).axis}, mean over layers 1 to last")
            series = [_line(str(text), points, pairs, looks, texts) for text, points in layers[mine].groupby("text", sort=True)]
            series.sort(key=lambda line: line.keep)
            draw_series(below, series)
            finish_axes(below, series, limits(layers, log[1]), log[1])
            below.set_xlabel(layer_axis(settings.final_norm))
            below.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
            if column:
                above.tick_params(labelleft=False)
                below.tick_params(labelleft=False, which="both")
            else:
                below.set_ylabel(words(metric, reference).axis)
    drawn = pd.concat([means.assign(shown=MEAN), layers.assign(shown="by layer")], ignore_index=True)
    return Drawing(sheet.figure, drawn.astype({"layer": "Int16"})[list(COLUMNS)])


def _row_of(text: str) -> Language:
    name = TextName.parse(text)
    return name.lang, name.variant


def _ranking(means: pd.DataFrame) -> list[Language]:
    """Order languages by the mean of their ranks in each model, so that no model's scale decides; farthest last."""
    ranks = means.assign(rank=means.groupby(["model", "corpus"])["value"].rank(), row=means["text"].map(_row_of))
    mean = ranks.groupby("row")["rank"].mean()
    return sorted(mean.index, key=lambda row: (mean[row], row))


def _dots(
    axes: Axes, means: pd.DataFrame, order: Sequence[Language], names: Sequence[str], pairs: set[str],
    looks: dict[str, Look], bounds: tuple[float, float], log: bool,
) -> None:  # fmt: skip
    """Draw one row a language: its value with interval, and the scripts of a two-script language joined."""
    means = means.assign(y=[order.index(_row_of(text)) for text in means["text"]])
    for y, row in means.groupby("y"):
        if len(row) > 1:
            axes.plot(
                [row["value"].min(), row["value"].max()],
                [y, y],
                color="#888888",
                lw=2.6,
                alpha=0.5,
                solid_capstyle="butt",
            )
    for point in means.itertuples():
        colour = looks[point.family].colour
        axes.plot([point.low, point.high], [point.y, point.y], color=colour, lw=0.9)
        marker = script_look(point.script).marker if point.text in pairs else "o"
        filled = point.text not in pairs or point.script == "Latn"
        axes.plot(point.value, point.y, marker, color=colour, ms=5.2 if point.text in pairs else 3.8,
                  mfc=colour if filled else "white", mew=1.1)  # fmt: skip
    bold = {_row_of(text) for text in pairs}
    axes.set_yticks(range(len(order)), names)
    for tick, row in zip(axes.get_yticklabels(), order, strict=True):
        tick.set_color(looks[language(row[0]).family].colour)
        tick.set_fontweight("bold" if row in bold else "normal")
    if log:
        axes.set_xscale("log")
        plain_log(axes.xaxis)
    axes.set_xlim(*bounds)
    axes.set_ylim(-0.8, len(order) - 0.2)
    axes.tick_params(axis="y", length=0)


def _line(text: str, points: pd.DataFrame, pairs: set[str], looks: dict[str, Look], texts: Sequence[str]) -> Series:
    name = TextName.parse(text)
    look = looks[language(name.lang).family]
    if text in pairs:
        drawn = script_look(name.script)
        look = Look(look.colour, drawn.marker, drawn.dash, 1.9)
    else:
        look = Look(look.colour, "", "-", 0.9)
    return Series(label(text, texts), points.assign(x=points["layer"]), look, text in pairs)


def _legend(looks: dict[str, Look], rows: pd.DataFrame, pairs: set[str]) -> list[Line2D]:
    families = [Line2D([], [], color=look.colour, lw=2.4, label=family) for family, look in looks.items()]
    scripts = sorted(set(rows.loc[rows["text"].isin(pairs), "script"]))
    marks = []
    for code in scripts:
        handle = script_look(code)._replace(colour="#444444").handle(script(code).name)
        handle.set_markerfacecolor("#444444" if code == "Latn" else "white")
        marks.append(handle)
    return families + marks


def _note(metric: str, rows: pd.DataFrame, reference: str, texts: int) -> str:
    several = "Languages in two scripts: bold, one marker a script, joined." if len(two_scripts(rows)) else ""
    few = "" if texts <= fitting(LINE_HEIGHT) else f"Labelled: {fitting(LINE_HEIGHT)} of {texts} lines; the CSV has all."
    bands = "Bars and bands: 95 % bootstrap intervals over sentences (bars: their mean over layers)."
    return footnote(metric, rows, reference, *filter(None, (several, bands, few)))
