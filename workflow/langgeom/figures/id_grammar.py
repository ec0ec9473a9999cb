"""Figure 3: intrinsic dimension of correct and of ungrammatical English, and their paired difference by type of error."""

from __future__ import annotations

from typing import Any

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import PAIRED, UNPAIRED, definition, footnote, layer_axis
from langgeom.analysis.layers import median_over_layers
from langgeom.analysis.rows import PANEL, by_layer, counted, in_order, main_models, panels, rows_of, title_of
from langgeom.analysis.rows import Panel as Place
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.lines import Lines, after_embedding
from langgeom.figures.page import Panel, in_rows, limits, noted, page, whole
from langgeom.figures.points import Dots
from langgeom.figures.style import DASHES, Look
from langgeom.names import CORRECT, corpora_of_pairs, type_of, type_words

COLUMNS = ("shown", "model", "kind", "init", "corpus", "text", "error", "layer", "metric", "over", "value", "low", "high", "n")
LOOKS = {
    "Ungrammatical": Look("#C0392B", "s", DASHES[1], 1.5),
    "Correct": Look("#000000", "o", DASHES[0], 1.5),
    "Difference": Look("#332288", "D", DASHES[0], 1.5),
}


@figure("id_grammar", alias="fig03", title="Intrinsic dimension: grammatical and ungrammatical English", metrics=("id",),
        findings=("C3",), pairs=True)  # fmt: skip
def id_grammar(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension of correct English and of the same sentences with one error each, by layer, and the paired difference
    by layer and by type of error. Is it higher in ungrammatical text?
    """
    table = table[table["corpus"].isin(corpora_of_pairs(table["corpus"], table["text"]))]
    if table.empty:
        raise Nothing("no corpus holds pairs of correct and ungrammatical text; add one, such as `grammar: {generate: {pairs: "
                      "384}}`.")  # fmt: skip
    if settings.id not in PAIRED:
        raise Nothing(f"{UNPAIRED}.")
    metric = f"{settings.id}_difference"
    dimension = by_layer(table, settings.id)
    dimension = dimension[dimension["text"].map(lambda text: text == CORRECT or type_of(text) == "").astype(bool)]
    difference = by_layer(table, metric)
    difference = difference.assign(error=difference["text"].map(type_of)).dropna(subset="error")
    medians = _medians(table, difference, metric)
    if dimension.empty or medians.empty:
        lacking = metric if medians.empty else settings.id
        raise Nothing(f"no model has {lacking} for correct and ungrammatical text; see `metrics` of the config.")
    shown, said = after_embedding(main_models(dimension))
    by_error, every = main_models(difference), main_models(medians)
    # Types by their mean rank over models, the largest difference last, all types together above them.
    ranks = every[every["error"] != ""].groupby(PANEL)["value"].rank().groupby(every["error"]).mean()
    order = [*sorted(ranks.index, key=lambda error: (ranks[error], error)), *[""] * bool((every["error"] == "").any())]
    names = {error: type_words(error) if error else "All types" for error in order}
    layers: dict[str, Any] = dict(x=layer_axis(settings.final_norm), looks=LOOKS, named="")

    def lines(place: Place) -> Panel:
        rows = rows_of(shown, place)
        hues = rows["text"].map(lambda text: "Correct" if text == CORRECT else "Ungrammatical")
        return Lines(rows=rows.assign(x=rows["layer"], name=hues, hue=hues), title=title_of(place, shown), height=2.3,
                     y=definition(settings.id).axis, ylim=limits(rows), **layers)  # fmt: skip

    def differences(place: Place) -> Panel:
        rows = rows_of(by_error, place)
        rows = rows[(rows["error"] == "") & ((rows["layer"] > 0) | (rows["layer"].max() == 0))]
        return Lines(rows=rows.assign(x=rows["layer"], name="Difference", hue="Difference"), ylim=whole(rows, 0.0), height=1.6,
                     y="Difference:\nungrammatical − correct", level=(0.0, ""), **layers)  # fmt: skip

    def by_type(place: Place) -> Panel:
        rows = rows_of(every, place)
        rows = rows.assign(at=rows["error"], hue="Difference", filled=(rows["low"] > 0) | (rows["high"] < 0))
        return Dots(rows=rows, order=order, names=names, bold=[""], looks=LOOKS, x="Difference, median over layers 1 to last",
                    xlim=whole(rows, 0.0), height=0.17 * len(order) + 0.2)  # fmt: skip

    grid = [[draw(place) for place in block] for block in in_rows(panels(shown)) for draw in (lines, differences, by_type)]
    whole_n, typed_n = (difference.loc[(difference["error"] == "") == of_all, "n"] for of_all in (True, False))
    counts = [f"{counted(n)} {name}" for n, name in ((whole_n, "of all types"), (typed_n, "of one type")) if len(n)]
    note = noted(shown, footnote(
        settings.id, shown, "", f"Difference: of the sentences that are whole in both, {' and '.join(counts)}.",
        "Bands and bars: 95 % intervals over pairs of sentences; filled markers: 0 lies outside. Each panel has its own scale.",
        said, "The CSV has the untrained twins too." * (len(every) < len(medians)),
    ))  # fmt: skip
    legend = [LOOKS[name].handle(name) for name in ("Correct", "Ungrammatical", "Difference")]
    drawn = [main_models(dimension).assign(shown="by layer"), difference.assign(shown="by layer")]
    numbers = pd.concat([*drawn, medians.assign(shown="median over layers")], ignore_index=True)
    return Drawing(page(about.title, note, grid, 3.6, legend), numbers.astype({"layer": "Int16"})[list(COLUMNS)])


def _medians(table: pd.DataFrame, difference: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return each text's median over layers: with an interval of its own if the table has it, else with the layers' median."""
    own = table[(table["metric"] == metric) & table["layer"].isna()].dropna(subset="value")
    own = in_order(own.assign(error=own["text"].map(type_of)), "text").dropna(subset="error")
    rest = median_over_layers(difference).dropna(subset="value")
    key = [*PANEL, "text"]
    rest = rest[~rest.set_index(key).index.isin(own.set_index(key).index)]
    return pd.concat([part for part in (own, rest) if len(part)] or [rest], ignore_index=True).assign(layer=pd.NA)
