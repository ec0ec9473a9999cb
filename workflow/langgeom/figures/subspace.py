"""What is left of each layer without the language: retrieval and a probe of the language, by how it is taken out."""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import layer_axis
from langgeom.analysis.rows import Panel as Place
from langgeom.analysis.rows import counted, in_order, main_models, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.lines import BANDS, Lines
from langgeom.figures.page import Panel, in_rows, page
from langgeom.figures.style import REFERENCE, nth_look

AXES = {"retrieval": "Retrieval", "probe": "Accuracy of the probe"}
WAYS = {"none": "with the language", "centring": "means subtracted", "projection": "subspace projected off", "leace": "LEACE"}
LOOKS = {way: REFERENCE if way == "none" else nth_look(number) for number, way in enumerate(WAYS)}
FITTED = (
    "Fitted to one half of the sentences and judged on the other, so retrieval is among half of them; the probe, on quarters. "
    "Under each name: directions of the subspace, and their share of the variance."
)


@figure("subspace", title="Layers without the language", metrics=("retrieval",), tables=("subspaces",))
def draw_subspaces(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """How often sentences find their translation in the reference language, and how often a linear probe knows their language,
    before and after the language is taken out of a layer. Is it in a few directions, and do meanings meet without them?
    """
    rows = main_models(in_order(table[table["value"].notna()], "metric", "removal", "layer")).astype({"layer": "int64"})
    if rows.empty:
        raise Nothing("no three texts are compared on 20 sentences or documents; name more, and a layer in pairs.layers.")

    def cell(place: Place, metric: str) -> Panel:
        own = rows_of(rows, place)
        ends = own.groupby("metric")["value"].agg(["min", "max"])
        held = f"{_range(ends.loc['rank'])} directions, {_range(100 * ends.loc['variance_share'])} %"
        lines = own[own["metric"] == metric].assign(x=own["layer"], hue=own["removal"], name=own["removal"].map(WAYS))
        chance = 2 / own["n"].max() if metric == "retrieval" else 1 / own["texts"].max()
        title = f"{title_of(place, rows)}\n{held}" if metric == "retrieval" else ""
        return Lines(rows=lines, title=title, x=layer_axis(settings.final_norm), y=AXES[metric], ylim=(0, 1), looks=LOOKS,
                     named="", level=(chance, "chance"), height=2.4)  # fmt: skip

    grid = [[place and cell(place, metric) for place in line] for line in in_rows(panels(rows)) for metric in AXES]
    note = f"Sentences: {counted(rows['n'])}. Texts: {counted(rows['texts'])}. {FITTED} {BANDS}"
    return Drawing(page(about.title, note, grid, 3.2, [LOOKS[way].handle(name) for way, name in WAYS.items()]), rows)


def _range(ends: pd.Series) -> str:
    low, high = (f"{end:.0f}" for end in ends)
    return low if low == high else f"{low} to {high}"
