"""KL divergence to the reference text (figures 7 and 8): languages ranked above, lines by layer below.

Some models have one dimension far above all others, so that the softmax of their middle layers is one-hot: divergence there is
0 to the last digit or some 1e-100, and hundreds of nats in a layer with a spike. Therefore languages are ranked by a median
over layers; if even that is negligible for most languages, by the last layer.
"""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote, layer_axis
from langgeom.analysis.layers import DIGITS, MEDIAN, NEGLIGIBLE, last_layer, median_over_layers, resolved, tied
from langgeom.analysis.pairs import two_scripts, unit_of
from langgeom.analysis.rows import NUMBERS, PANEL, by_layer, counted, main_models, numbers, panels, rows_of, title_of
from langgeom.analysis.rows import Panel as Place
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.labels import MOST
from langgeom.figures.lines import Lines
from langgeom.figures.page import BOUNDED, Limits, Panel, in_rows, limits, log_limits, log_scale, noted, page, whole
from langgeom.figures.points import Dots
from langgeom.figures.style import Look, family_looks, script_look
from langgeom.languages import label, language, script

# Where the text with the least n has under this share of the most, the order may be that of n.
EVEN = 0.8


@figure("kl_mean", alias="fig07", title="KL divergence to the reference text, sentence means", metrics=("kl_mean",),
        findings=("C8", "C9"), caption="KL divergence of each language's sentence means to those of the reference text. "
        "Languages in two scripts are bold, their scripts joined. How far from the reference is a language, and which of its "
        "scripts is the farther one?")  # fmt: skip
@figure("kl_padded", alias="fig08", title="KL divergence to the reference text, zero-padded tokens", metrics=("kl_padded",),
        findings=("C8",), caption="KL divergence of each language's tokens to those of the reference text, sentences "
        "zero-padded to one length and not averaged. Does it order the languages as that of sentence means does?")  # fmt: skip
def divergence(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a column per trained model: languages ranked by their median over layers, and all of them by layer."""
    (metric,) = about.metrics
    rows = main_models(by_layer(table, metric))
    # The divergence of the reference from itself is zero at every layer.
    rows = rows[rows["text"] != settings.reference].reset_index(drop=True)
    if rows.empty:
        raise Nothing(f"no text besides the reference '{settings.reference}' has the metric '{metric}'.")
    layers = numbers(rows)
    medians = median_over_layers(layers).dropna(subset="value").assign(layer=pd.NA)
    if medians.empty:
        raise Nothing(f"no text has '{metric}' at every layer after the embedding.")
    # One summary for all models of the figure, so that its columns can be compared.
    saturated = bool((medians["value"] < NEGLIGIBLE).groupby(medians["model"]).mean().max() > 0.5)
    ranked, by = (last_layer(layers), "last layer") if saturated else (medians, MEDIAN)
    axis = definition(metric, label(settings.reference, [])).axis
    texts, pairs = list(rows["text"].unique()), set(two_scripts(rows)["text"])
    families, scripts = family_looks(rows.drop_duplicates("text")["lang"]), dict(zip(rows["text"], rows["script"], strict=True))
    looks = {
        text: _look(families[language(text[:3]).family], scripts[text], text in pairs)
        for text in sorted(texts, key=lambda text: (text in pairs, text))
    }  # bold lines on top
    names, units = {text: label(text, texts) for text in texts}, {text: unit_of(text) for text in texts}
    order = _ranking(ranked)
    unranked = {place: _unranked(rows_of(ranked, place)) for place in panels(rows)}

    def dots(place: Place) -> Panel:
        """Rank one model's languages; a panel of those that are not ranked says why."""
        said = unranked[place]
        values = rows_of(ranked, place)[: 0 if said else None]
        some = values.assign(at=values["text"].map(units), hue=values["text"])
        some = some.assign(filled=some["script"].eq("Latn") | ~some["at"].duplicated(keep=False))
        log, bounds = log_scale(values["value"]), None if said else whole(values)
        if log:
            bounds = log_limits(pd.concat([values[name] for name in BOUNDED]), NEGLIGIBLE)
            some = _floored(some, bounds)
        return Dots(
            rows=some, title=title_of(place, rows), said=said, x="" if said else f"{axis}, {by}", xlim=bounds, log="x" * log,
            height=0.165 * len(order) + 0.15, order=order,
            looks=looks, names={units[text]: label(text, texts, with_script=False) for text in texts}, joined=True,
            colours={units[text]: looks[text].colour for text in texts}, bold={units[text] for text in pairs},
        )  # fmt: skip

    def lines(place: Place, alone: bool) -> Panel:
        """Draw one model's values by layer on its own scale; negligible values lie on the lower edge of the frame."""
        values = rows_of(layers, place)
        log = log_scale(values["value"])
        bounds = log_limits(values["value"], NEGLIGIBLE) if log else limits(values)
        values = (_floored(values, bounds) if log else values).assign(x=values["layer"], hue=values["text"])
        return Lines(
            rows=values.assign(name=values["text"].map(names)), title=title_of(place, rows) * alone,
            said=unranked[place] * alone, x=layer_axis(settings.final_norm), y=axis, ylim=bounds, log="y" * log, looks=looks,
            keep=[names[text] for text in sorted(pairs)],
        )  # fmt: skip

    grid: list[list[Panel]] = []
    for block in in_rows(panels(rows)):
        none = all(unranked[place] for place in block)
        grid += [[] if none else [dots(place) for place in block], [lines(place, none) for place in block]]
    legend = [look.handle(family, marker="", ls="-", lw=2.4) for family, look in families.items()]
    legend += [
        script_look(code)._replace(colour="#444444").handle(script(code).name, mfc="#444444" if code == "Latn" else "white")
        for code in sorted({scripts[text] for text in pairs})
    ]
    low, layered = int((layers["value"] < NEGLIGIBLE).sum()), "" if saturated else " (bars: the median of the layers' bounds)"
    note = noted(rows, footnote(
        metric, layers, label(settings.reference, []),
        "Languages in two scripts: bold, one marker a script, joined." * bool(pairs),
        f"Bars and bands: 95 % intervals over sentences or documents{layered}. Each panel has its own scale.",
        f"Drawn on the lower edge: {low:,} of {len(layers):,} values below 1e-6 nats (softmax one-hot)." * bool(low),
        "The last layer is ranked, since in some model the median over layers is below that." * saturated,
        "Named: languages in two scripts, and some others." * (len(texts) > MOST),
    ))  # fmt: skip
    drawn = [ranked.assign(shown="last layer" if saturated else "median over layers"), layers.assign(shown="by layer")]
    numbers_drawn = pd.concat(drawn, ignore_index=True).astype({"layer": "Int16"})[["shown", *NUMBERS]]
    return Drawing(page(about.title, note, grid, 4.4, legend, "Family" + ", script" * bool(pairs)), numbers_drawn)


def _look(family: Look, code: str, paired: bool) -> Look:
    own = script_look(code)
    return Look(family.colour, own.marker, own.dash, 1.7) if paired else Look(family.colour, "o", "-", 0.9)


def _ranking(values: pd.DataFrame) -> list[str]:
    """Order languages by the mean of their ranks in each model, so that no model's scale decides; farthest last.

    Values that differ by rounding errors alone share a rank, or a model whose softmaxes are all one-hot would have a say.
    """
    ranks = resolved(values["value"]).groupby([values[name] for name in PANEL]).rank()
    mean = ranks.groupby(values["text"].map(unit_of)).mean()
    return sorted(mean.index, key=lambda unit: (mean[unit], unit))


def _unranked(values: pd.DataFrame) -> str:
    """Return why the languages of one model are not ranked, "" if they are."""
    if values.empty:
        return "Not ranked: no text has a value at every layer."
    if ties := tied(values["value"]):
        return f"Not ranked: {ties} of {len(values)} texts share their\nvalue to {DIGITS} digits (softmax one-hot)."
    few = bool(values["n"].min() < EVEN * values["n"].max())
    return f"Not ranked: n is {counted(values['n'])} sentences\na value, and the order would be that of n." * few


def _floored(rows: pd.DataFrame, bounds: Limits) -> pd.DataFrame:
    return rows.assign(**rows[BOUNDED].clip(lower=bounds[0]))
