"""What genealogy, script, place, resources and tokens explain of the distances of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from langgeom.analysis import Settings
from langgeom.analysis.behind import LEAST, PREDICTORS, behind
from langgeom.analysis.pairs import unit_of
from langgeom.analysis.rows import counted, in_order, left_out, main_models, panels, rows_of, title_of
from langgeom.analysis.space import DRAWN, complete_layers
from langgeom.analysis.statistics import LEVEL
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.page import Panel, noted, page
from langgeom.figures.points import Dots
from langgeom.figures.style import COLOURS, DARK, Look

COLUMNS = ["model", "kind", "init", "corpus", "layer"]
SAID = {
    DRAWN: "Distances: angles whose cosine is CKA, of how sentences lie to one another.",
    "centroid_cosine": "Distances: angles between the texts' mean vectors, less the mean over all texts.",
}
NOTE = (
    "Coefficients: one regression on all predictors, standardised over pairs of texts; above 0 where texts that differ more "
    "lie farther apart. Bars: 95 % intervals, none where under 20 pairs have another value than the rest. "
    "Filled: p ≤ 0.05, both of permuted texts and of the interval; not corrected for many tests. Dark: what R² loses without a "
    "predictor. What is light is shared with others: the data do not say whose it is."
)
ALONE, UNIQUE = Look("#C9C9C9"), Look(DARK)


@figure(
    "behind",
    title="What lies behind the distances of languages",
    metrics=("cka",),
    tables=("pairs", "metrics"),
    findings=("C25",),
)
@figure("behind_centroids", title="What lies behind the distances of languages' means", metrics=("centroid_cosine",),
        tables=("pairs", "metrics"))  # fmt: skip
def draw_behind(about: Figure, pairs: pd.DataFrame, metrics: pd.DataFrame, settings: Settings) -> Drawing:
    """The distances of all pairs of texts, regressed on how their languages differ: in genealogy, script, place, resources and
    number of tokens. Which explains them, and how much can not be told apart?
    """
    metric, grid, few = about.metrics[0], list[list[Panel | None]](), dict[str, int]()
    drawn, used = list[pd.DataFrame](), list[pd.DataFrame]()
    doubtful, tokens = left_out(main_models(metrics), settings.reference), metrics[metrics["metric"] == "token_premium"]
    rows = main_models(in_order(pairs[pairs["metric"].isin([DRAWN, metric])], "layer", "text", "other"))
    for place in panels(rows):
        title, fits = title_of(place, rows), list[pd.DataFrame]()
        premium = rows_of(tokens, place).set_index("text")["value"].drop(rows_of(doubtful, place)["text"], errors="ignore")
        for _, texts, some in complete_layers(rows_of(rows, place)):
            fit, kept = behind(some, texts, premium, metric)
            count = len({unit_of(text) for text in kept})
            if fit.empty:
                few[title] = count
                continue
            fits.append(fit.assign(**some[COLUMNS].iloc[0], metric=metric, texts=len(kept), languages=count))
            used.append(some[some["text"].isin(kept) & some["other"].isin(kept)])
        if fits:
            drawn.append(pd.concat(fits, ignore_index=True))
            grid.append(_line(title, drawn[-1]))
    lacking = ", ".join(f"{title} has {count}" for title, count in few.items())
    if not drawn:
        raise Nothing(f"it takes {LEAST} languages of known resource class, in texts that comparisons keep and that have "
                      f"token_premium{f' ({lacking})' * bool(few)}; name more, and a layer in pairs.layers.")  # fmt: skip
    every, both = pd.concat(drawn, ignore_index=True), pd.concat(used)
    note = noted(pd.concat([both, both.assign(text=both["other"])]), SAID[metric], NOTE,
                 f"Languages: {counted(every['languages'])}.", f"Too few: {lacking}." * bool(few))  # fmt: skip
    legend = [look.handle(name, marker="s", ls="") for look, name in ((ALONE, "R² alone"), (UNIQUE, "R² lost without it"))]
    return Drawing(page(about.title, note, grid, 4.2, legend), every[[*COLUMNS, *every.columns.drop(COLUMNS)]])


def _line(title: str, rows: pd.DataFrame) -> list[Panel | None]:
    """Return the panels of one model: coefficients, and shares of the variance; a row a predictor and layer."""
    layers = list(dict.fromkeys(rows["layer"]))
    order = [f"{name} {layer}" for name in reversed(PREDICTORS) for layer in reversed(layers) if name in set(rows["predictor"])]
    names = {at: at if at.endswith(f" {layers[0]}") else at.split()[1] for at in order}
    rows = rows.assign(at=[f"{name} {layer}" for name, layer in zip(rows["predictor"], rows["layer"], strict=True)],
                       hue=rows["predictor"], filled=rows["p"] <= LEVEL)  # fmt: skip
    looks = {name: Look(colour) for name, colour in zip(PREDICTORS, COLOURS, strict=False)}
    said = ", ".join(f"{r2:.2f}" for r2 in rows.drop_duplicates("layer")["r2"])
    height = 0.3 + 0.16 * len(order)
    return [
        Dots(
            rows=rows,
            title=title,
            x="Coefficient",
            y="Predictor and layer",
            height=height,
            order=order,
            looks=looks,
            names=names,
        ),
        Shares(rows=rows, title=f"R² of all, by layer: {said}", x="Share of variance", height=height, order=order),
    ]


@dataclass(kw_only=True)
class Shares(Panel):
    """Bars of the variance that a predictor explains alone, and on them, dark, of what only it explains.

    Attributes:
        rows: `at` (one of `order`), `alone` and `unique`.
        order: the bars, from the bottom up.
    """

    order: Sequence[str] = ()

    def draw(self, axes: Axes) -> None:
        for column, look, width in (("alone", ALONE, 0.8), ("unique", UNIQUE, 0.4)):
            sns.barplot(self.rows, x=column, y="at", order=self.order, color=look.colour, saturation=1, width=width, ax=axes)
        axes.tick_params(axis="y", length=0)
        self.ylim = -0.8, len(self.order) - 0.2
