"""Models against models: a heat map of all their layers, on the reference text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from langgeom.analysis import Settings
from langgeom.analysis.rows import counted
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.labels import SIZE
from langgeom.figures.page import Panel, noted, page
from langgeom.figures.space import heat_map

METRICS = {"cka": "CKA", "mutual_knn": "Mutual neighbours"}
SCALE = Normalize(0, 1)
MARKED = "Dots: no more than one in twenty random pairings of the sentences. Numbers: layers."


@figure("models_by_layer", title="Models against models, layer by layer", metrics=("cka", "mutual_knn"),
        tables=("model_pairs",))  # fmt: skip
def models_by_layer(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """How alike layers of all models order the sentences of the reference text: at large scale (CKA) and at small (mutual
    neighbours). Do models agree with one another more than with their own other layers, and with untrained ones at all?
    """
    rows = table[table["value"].notna()].reset_index(drop=True)
    if rows.empty:
        raise Nothing("no two layers are compared; name models, and layers in pairs.layers.")
    several = rows["corpus"].nunique() > 1
    grid: list[list[Panel | None]] = [
        [
            Layers(rows=some[some["metric"] == metric], title=f"{name} · {corpus}" if several else name, height=4.2)
            for metric, name in METRICS.items()
        ]
        for corpus, some in rows.groupby("corpus")
    ]
    return Drawing(page(about.title, noted(rows, f"Sentences: {counted(rows['n'])}.", MARKED), grid, 5.6), rows)


@dataclass(kw_only=True)
class Layers(Panel):
    """A symmetric table of layers, by model; `rows` are those of one metric and corpus."""

    def draw(self, axes: Axes) -> None:
        ends = [list(zip(self.rows[f"{side}model"], self.rows[f"{side}layer"], strict=True)) for side in ("", "other_")]
        places = sorted({*ends[0], *ends[1]})
        one, other = ([places.index(place) for place in side] for side in ends)
        values = np.full((len(places), len(places)), np.nan)
        values[one, other] = values[other, one] = self.rows["value"]
        heat_map(axes, values, SCALE, "")
        for a, b, value, null in zip(one, other, self.rows["value"], self.rows["null"], strict=True):
            if value <= null:
                axes.plot([a + 0.5, b + 0.5], [b + 0.5, a + 0.5], ".", color="#999999", ms=3)
        starts = [at for at, (model, _) in enumerate(places) if not at or places[at - 1][0] != model]
        for line in starts[1:]:
            axes.axhline(line, color="white", lw=2)
            axes.axvline(line, color="white", lw=2)
        numbers = np.arange(len(places)) + 0.5
        named = [f"{model}  {layer}" if at in starts else str(layer) for at, (model, layer) in enumerate(places)]
        axes.set_yticks(numbers, named)
        axes.set_xticks(numbers, [str(layer) for _, layer in places])
        axes.tick_params(labelsize=min(SIZE, 200 / len(places)), length=0, rotation=0)
