"""KL divergence to the reference text (figures 7 and 8): languages ranked above, lines by layer below.

Some models have one dimension far above all others, so that the softmax of their middle layers is one-hot: divergence there is
0 to the last digit or some 1e-100, and hundreds of nats in a layer with a spike. Therefore languages are ranked by a median
over layers; if even that is negligible for most languages, by the last layer.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote, layer_axis
from langgeom.analysis.layers import DIGITS, MEDIAN, NEGLIGIBLE, last_layer, median_over_layers, resolved, tied
from langgeom.analysis.pairs import two_scripts, unit_of
from langgeom.analysis.rows import NUMBERS, PANEL, by_layer, main_models, numbers, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.labels import fitting
from langgeom.figures.lines import Series, draw_series, finish_axes, in_rows
from langgeom.figures.scales import limits, log_limits, log_scale, plain_log
from langgeom.figures.style import Look, family_looks, page, script_look
from langgeom.languages import label, language, script
from langgeom.names import TextName

# The numbers: medians over layers (`shown` = "median over layers", `layer` missing) and values by layer.
COLUMNS = ("shown", *NUMBERS)
LINE_HEIGHT = 3.1
BOUNDED = ["value", "low", "high"]


@figure(
    "kl_mean",
    alias="fig07",
    title="KL divergence to the reference text, sentence means",
    caption="KL divergence of each language's sentence means to those of the reference text; languages in two scripts are "
    "bold, their scripts joined. "
    "How far from the reference is a language, and which of its scripts is the farther one?",
    metrics=("kl_mean",),
)
@figure(
    "kl_padded",
    alias="fig08",
    title="KL divergence to the reference text, zero-padded tokens",
    caption="KL divergence of each language's tokens to those of the reference text, sentences zero-padded to one length and "
    "not averaged. "
    "Does it order the languages as the divergence of sentence means does?",
    metrics=("kl_padded",),
)
def divergence(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a column per trained model: languages ranked by their median over layers, and all of them by layer.

    A language in two scripts has one row with a marker per script, joined; in the lower panel its lines are bold.
    """
    (metric,) = figure.metrics
    rows = main_models(by_layer(table, metric))
    # The divergence of the reference from itself is zero at every layer.
    rows = rows[rows["text"] != settings.reference].reset_index(drop=True)
    if rows.empty:
        reason = f"no text besides the reference '{settings.reference}' has the metric '{metric}'."
        return nothing(figure.title, reason, COLUMNS)
    layers = numbers(rows)
    medians = median_over_layers(layers).dropna(subset="value").assign(layer=pd.NA)
    if medians.empty:
        return nothing(figure.title, f"no text has '{metric}' at every layer after the embedding.", COLUMNS)
    pairs = set(two_scripts(rows)["text"])
    looks = family_looks(rows.drop_duplicates("text")["lang"])
    # One summary for all models of the figure, so that its columns can be compared.
    saturated = (medians["value"] < NEGLIGIBLE).groupby(medians["model"]).mean().max() > 0.5
    ranked = last_layer(layers) if saturated else medians
    order = _ranking(ranked)
    blocks = in_rows(panels(rows))
    heights = [0.165 * len(order) + 0.15, LINE_HEIGHT] * len(blocks)
    reference = label(settings.reference, [])
    axis = definition(metric, reference).axis
    note = _note(metric, layers, ranked, reference, saturated)
    present = [[panel is not None for panel in block] for block in blocks for _ in range(2)]
    sheet = page(figure.title, note, present, 3.1, heights, left=1.5, right=1.25, gap=0.65, legend=_legend(looks, rows, pairs),
                 legend_title="Family, script" if pairs else "Family")  # fmt: skip
    texts = list(rows["text"].unique())
    names = {unit_of(text): label(text, texts, with_script=False) for text in texts}
    for number, block in enumerate(blocks):
        for column, panel in enumerate(block):
            above, below = sheet.axes[2 * number][column], sheet.axes[2 * number + 1][column]
            if panel is None or above is None or below is None:
                continue
            _dots(above, rows_of(ranked, panel), order, [names[unit] for unit in order], pairs, looks)
            above.set_title(title_of(panel, rows), loc="left")
            above.set_xlabel(f"{axis}, {'last layer' if saturated else MEDIAN}")
            _lines(below, rows_of(layers, panel), pairs, looks, texts)
            below.set_xlabel(layer_axis(settings.final_norm))
            if column:
                above.tick_params(labelleft=False)
            else:
                below.set_ylabel(axis)
    drawn = pd.concat([medians.assign(shown="median over layers"), layers.assign(shown="by layer")], ignore_index=True)
    return Drawing(sheet.figure, drawn.astype({"layer": "Int16"})[list(COLUMNS)])


def _lines(axes: Axes, rows: pd.DataFrame, pairs: set[str], looks: dict[str, Look], texts: Sequence[str]) -> None:
    """Draw one model's values by layer on its own scale; negligible values lie on the lower edge of the frame."""
    log = log_scale(rows["value"])
    bounds = log_limits(rows["value"], NEGLIGIBLE) if log else limits(rows)
    if log:
        rows = rows.assign(**rows[BOUNDED].clip(lower=bounds[0]))
    series = [_line(str(text), points, pairs, looks, texts) for text, points in rows.groupby("text", sort=True)]
    series.sort(key=lambda line: line.keep)
    draw_series(axes, series)
    finish_axes(axes, series, bounds, log)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))


def _ranking(values: pd.DataFrame) -> list[str]:
    """Order languages by the mean of their ranks in each model, so that no model's scale decides; farthest last.

    Values that differ by rounding errors alone share a rank, or a model whose softmaxes are all one-hot would have a say.
    """
    values = values.assign(value=resolved(values["value"]))
    ranks = values.groupby(PANEL)["value"].rank()
    mean = ranks.groupby(values["text"].map(unit_of)).mean()
    return sorted(mean.index, key=lambda unit: (mean[unit], unit))


def _dots(
    axes: Axes, values: pd.DataFrame, order: Sequence[str], names: Sequence[str], pairs: set[str], looks: dict[str, Look]
) -> None:  # fmt: skip
    """Draw one row per language: its value with interval, and the scripts of a two-script language joined."""
    if values.empty:  # no text has a value at every layer
        axes.set_axis_off()
        return
    log = log_scale(values["value"])
    # The frame holds whole bars, which are the point of this panel.
    everything = pd.concat([values["value"], values["low"], values["high"]], ignore_index=True)
    bounds = log_limits(everything, NEGLIGIBLE) if log else limits(pd.DataFrame({name: everything for name in BOUNDED}))
    values = values.assign(y=[order.index(unit_of(text)) for text in values["text"]])
    if log:
        values = values.assign(**values[BOUNDED].clip(lower=bounds[0]))
    for y, row in values.groupby("y"):
        if len(row) > 1:
            ends = [row["value"].min(), row["value"].max()]
            axes.plot(ends, [y, y], color="#888888", lw=2.6, alpha=0.5, solid_capstyle="butt")
    for point in values.itertuples():
        colour = looks[point.family].colour
        axes.plot([point.low, point.high], [point.y, point.y], color=colour, lw=0.9)
        marker = script_look(point.script).marker if point.text in pairs else "o"
        filled = point.text not in pairs or point.script == "Latn"
        axes.plot(point.value, point.y, marker, color=colour, ms=5.2 if point.text in pairs else 3.8,
                  mfc=colour if filled else "white", mew=1.1)  # fmt: skip
    bold = {unit_of(text) for text in pairs}
    axes.set_yticks(range(len(order)), names)
    for tick, unit in zip(axes.get_yticklabels(), order, strict=True):
        tick.set_color(looks[language(unit.partition("_")[0]).family].colour)
        tick.set_fontweight("bold" if unit in bold else "normal")
    if log:
        axes.set_xscale("log")
        plain_log(axes.xaxis, bounds)
    axes.set_xlim(*bounds)
    axes.set_ylim(-0.8, len(order) - 0.2)
    axes.tick_params(axis="y", length=0)


def _line(text: str, points: pd.DataFrame, pairs: set[str], looks: dict[str, Look], texts: Sequence[str]) -> Series:
    name = TextName.parse(text)
    colour, drawn = looks[language(name.lang).family].colour, script_look(name.script)
    look = Look(colour, drawn.marker, drawn.dash, 1.9) if text in pairs else Look(colour, "", "-", 0.9)
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
    texts, most = rows["text"].nunique(), fitting(LINE_HEIGHT)
    several = "Languages in two scripts: bold, one marker a script, joined." if len(two_scripts(rows)) else ""
    few = "" if texts <= most else f"Labelled: {most} of {texts} lines; the CSV has all."
    bars = "" if saturated else " (bars: the median of the layers' bounds)"
    bands = f"Bars and bands: 95 % bootstrap intervals over sentences{bars}."
    low = int((rows["value"] < NEGLIGIBLE).sum())
    edge = f"Drawn on the lower edge: {low:,} of {len(rows):,} values below 1e-6 nats (softmax one-hot)." if low else ""
    why = "The last layer is ranked, since in some model the median over layers is below that." if saturated else ""
    ties = [f"{title_of(panel, rows)} {shared} of {len(values)}" for panel, values in ranked.groupby(PANEL)["value"]
            if (shared := tied(values))]  # fmt: skip
    alike = f"As in another text to {DIGITS} digits, so that ranks say little: {', '.join(ties)} texts." if ties else ""
    return footnote(metric, rows, reference, several, bands, "Each panel has its own scale.", edge, why, alike, few)
