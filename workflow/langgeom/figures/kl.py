"""What the figures of KL divergence to the reference text share: languages ranked above, lines by layer below.

Some models put one dimension so far above all others that the softmax of their middle layers is one-hot: divergence there is
0 to the last digit or some 1e-100, and in a single layer with a spike hundreds of nats. So the summary is a median over layers;
where even that is negligible for most languages, the last layer is ranked instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import (
    DIGITS,
    NEGLIGIBLE,
    NUMBERS,
    by_layer,
    main_models,
    numbers,
    panels,
    resolved,
    tied,
    title_of,
    two_scripts,
)
from langgeom.figures.labels import fitting
from langgeom.figures.lines import Series, draw_series, finish_axes, in_rows
from langgeom.figures.scales import limits, log_limits, log_scale, plain_log
from langgeom.figures.settings import Settings
from langgeom.figures.style import Look, family_looks, page, script_look
from langgeom.figures.words import footnote, layer_axis, words
from langgeom.languages import label, language, script
from langgeom.names import TextName

__all__ = ["COLUMNS", "NEGLIGIBLE", "draw_kl", "last_layer", "median_over_layers"]

# The numbers: medians over layers (`shown` = "median over layers", `layer` missing) and values by layer.
COLUMNS = ("shown", *NUMBERS)
MEDIAN = "median over layers"
LINE_HEIGHT = 3.1
BOUNDED = ["value", "low", "high"]
Language = tuple[str, str]


def median_over_layers(rows: pd.DataFrame) -> pd.DataFrame:
    """Take each text's median over the layers after the embedding (index 1 and up); of the bounds of intervals likewise.

    A bound's median holds the median: where every layer's interval holds its value, the interval of medians does so too.
    """
    after = rows[rows["layer"] > 0] if (rows["layer"] > 0).any() else rows
    keys = [name for name in NUMBERS if name not in ("layer", "value", "low", "high", "n")]
    medians = after.groupby(keys, sort=False).agg({"value": "median", "low": "median", "high": "median", "n": "min"})
    return medians.reset_index().assign(layer=pd.NA)


def last_layer(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each text's value at its model's last layer."""
    return rows[rows["layer"] == rows.groupby(["model", "corpus"])["layer"].transform("max")]


def draw_kl(table: pd.DataFrame, settings: Settings, metric: str, title: str) -> Drawing:
    """Draw a column for each trained model: languages ranked by their median over layers, and all of them by layer.

    Languages in two scripts have one row with a marker for each script, joined; in the lower panel they are drawn bold.
    """
    rows = main_models(by_layer(table, metric))
    # Its divergence to itself is zero at every layer.
    rows = rows[rows["text"] != settings.reference].reset_index(drop=True)
    if rows.empty:
        return nothing(title, f"no text besides the reference '{settings.reference}' has the metric '{metric}'.", COLUMNS)
    layers = numbers(rows)
    medians = median_over_layers(layers)
    pairs = set(two_scripts(rows)["text"])
    looks = family_looks(rows.drop_duplicates("text")["lang"])
    # One summary for all models of the figure, so that its columns can be compared.
    saturated = (medians["value"] < NEGLIGIBLE).groupby(medians["model"]).mean().max() > 0.5
    ranked = last_layer(layers) if saturated else medians
    order = _ranking(ranked)
    blocks = in_rows(panels(rows))
    heights = [0.165 * len(order) + 0.15, LINE_HEIGHT] * len(blocks)
    reference = label(settings.reference, [])
    axis = words(metric, reference).axis
    note = _note(metric, layers, ranked, reference, saturated)
    present = [[panel is not None for panel in block] for block in blocks for _ in range(2)]
    sheet = page(title, note, present, 3.1, heights, left=1.5, right=1.25, gap=0.65, legend=_legend(looks, rows, pairs),
                 legend_title="Family, script" if pairs else "Family")  # fmt: skip
    texts = list(rows["text"].unique())
    names = {_row_of(text): label(text, texts, with_script=False) for text in texts}
    for number, block in enumerate(blocks):
        for column, panel in enumerate(block):
            above, below = sheet.axes[2 * number][column], sheet.axes[2 * number + 1][column]
            if panel is None or above is None or below is None:
                continue
            here, mine = (part[(part["model"] == panel[0]) & (part["corpus"] == panel[1])] for part in (ranked, layers))
            _dots(above, here, order, [names[row] for row in order], pairs, looks)
            above.set_title(title_of(panel, rows), loc="left")
            above.set_xlabel(f"{axis}, {'last layer' if saturated else 'median over layers 1 to last'}")
            _lines(below, mine, pairs, looks, texts)
            below.set_xlabel(layer_axis(settings.final_norm))
            if column:
                above.tick_params(labelleft=False)
            else:
                below.set_ylabel(axis)
    drawn = pd.concat([medians.assign(shown=MEDIAN), layers.assign(shown="by layer")], ignore_index=True)
    return Drawing(sheet.figure, drawn.astype({"layer": "Int16"})[list(COLUMNS)])


def _lines(axes: Axes, rows: pd.DataFrame, pairs: set[str], looks: dict[str, Look], texts: Sequence[str]) -> None:
    """Draw one model's values by layer, on a scale of its own; what is negligible lies on the frame's lower edge."""
    log = log_scale(rows["value"])
    bounds = log_limits(rows["value"], NEGLIGIBLE) if log else limits(rows)
    if log:
        rows = rows.assign(**rows[BOUNDED].clip(lower=bounds[0]))
    series = [_line(str(text), points, pairs, looks, texts) for text, points in rows.groupby("text", sort=True)]
    series.sort(key=lambda line: line.keep)
    draw_series(axes, series)
    finish_axes(axes, series, bounds, log)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))


def _row_of(text: str) -> Language:
    name = TextName.parse(text)
    return name.lang, name.variant


def _ranking(values: pd.DataFrame) -> list[Language]:
    """Order languages by the mean of their ranks in each model, so that no model's scale decides; farthest last.

    What differs by rounding alone shares a rank: else a model in which all softmaxes are one-hot would have a say.
    """
    values = values.assign(value=resolved(values["value"]))
    ranks = values.assign(rank=values.groupby(["model", "corpus"])["value"].rank(), row=values["text"].map(_row_of))
    mean = ranks.groupby("row")["rank"].mean()
    return sorted(mean.index, key=lambda row: (mean[row], row))


def _dots(
    axes: Axes, values: pd.DataFrame, order: Sequence[Language], names: Sequence[str], pairs: set[str], looks: dict[str, Look]
) -> None:  # fmt: skip
    """Draw one row a language: its value with interval, and the scripts of a two-script language joined."""
    log = log_scale(values["value"])
    # Bars are the point of this panel: the frame holds them whole.
    everything = pd.concat([values["value"], values["low"], values["high"]], ignore_index=True)
    bounds = log_limits(everything, NEGLIGIBLE) if log else limits(pd.DataFrame({name: everything for name in BOUNDED}))
    values = values.assign(y=[order.index(_row_of(text)) for text in values["text"]])
    if log:
        values = values.assign(**values[BOUNDED].clip(lower=bounds[0]))
    for y, row in values.groupby("y"):
        if len(row) > 1:
            axes.plot(
                [row["value"].min(), row["value"].max()],
                [y, y],
                color="#888888",
                lw=2.6,
                alpha=0.5,
                solid_capstyle="butt",
            )
    for point in values.itertuples():
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
        plain_log(axes.xaxis, bounds)
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


def _note(metric: str, rows: pd.DataFrame, ranked: pd.DataFrame, reference: str, saturated: bool) -> str:
    texts = rows["text"].nunique()
    several = "Languages in two scripts: bold, one marker a script, joined." if len(two_scripts(rows)) else ""
    few = "" if texts <= fitting(LINE_HEIGHT) else f"Labelled: {fitting(LINE_HEIGHT)} of {texts} lines; the CSV has all."
    bars = "" if saturated else " (bars: the median of the layers' bounds)"
    bands = f"Bars and bands: 95 % bootstrap intervals over sentences{bars}."
    low = int((rows["value"] < NEGLIGIBLE).sum())
    edge = f"Drawn on the lower edge: {low:,} of {len(rows):,} values below 1e-6 nats (softmax one-hot)." if low else ""
    why = "The last layer is ranked, since in some model the median over layers is below that." if saturated else ""
    ties = [f"{title_of(panel, rows)} {most} of {len(mine)}" for panel, mine in ranked.groupby(["model", "corpus"])
            if (most := tied(mine["value"]))]  # fmt: skip
    alike = f"As in another text to {DIGITS} digits, so that ranks say little: {', '.join(ties)} texts." if ties else ""
    return footnote(metric, rows, reference, several, bands, "Each panel has its own scale.", edge, why, alike, few)
