"""The space of languages: all pairs of texts as a clustered heat map with its tree, and as a map by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from scipy.cluster.hierarchy import leaves_list

from langgeom.analysis import Settings
from langgeom.analysis.rows import counted, in_order, left_out, main_models, panels, rows_of, title_of
from langgeom.analysis.space import DRAWN, SUPPORT, Layer, angles, complete_layers, maps, square, tree
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.labels import SIZE, End, name_points
from langgeom.figures.page import Panel, in_rows, noted, page
from langgeom.figures.points import apart
from langgeom.figures.style import DARK, FAMILY, SOFT, Look, family_looks, script_look
from langgeom.languages import label, language, script
from langgeom.names import TextName

COLUMNS = ["model", "kind", "init", "corpus", "layer"]
CKA = "CKA (debiased) says how alike the sentences of two texts lie to one another: 1 the same, 0 unrelated."
TREE = (
    "Bars: language family, then script. Tree: average linkage by the angle whose cosine is CKA. A cluster's branches are dark "
    "where at least 95 %, grey where at least 70 % of resamples have the same cluster."
)
MAP = "Distances: angles whose cosine is CKA. Maps: least stress; each is turned onto that of the layer before."
# How a cluster's branch is drawn from such a support on; without resampling, as the first.
BRANCHES: tuple[tuple[float, dict[str, Any]], ...] = (
    (0.95, dict(color=DARK, lw=1.5)), (0.7, dict(color="#7A7A7A", lw=1.0)), (0.0, dict(color="#BBBBBB", lw=0.7)),
)  # fmt: skip


@figure("pairs", title="All pairs of texts", metrics=("cka",), tables=("pairs", "metrics"))
def heat_maps(about: Figure, pairs: pd.DataFrame, metrics: pd.DataFrame, settings: Settings) -> Drawing:
    """CKA of all pairs of texts, at the middle one of the layers compared, with their tree; bars show family and script.
    Do languages cluster by family, by script, or by neither, and which clusters stay when other sentences are drawn?
    """
    doubtful, drawn = left_out(main_models(metrics), settings.reference), list[pd.DataFrame]()
    found = [(title, layers[(len(layers) - 1) // 2]) for title, layers in _models(pairs)]
    for _, (_, _, rows) in found:
        shown = rows.pivot(index=[*COLUMNS, "text", "other"], columns="metric", values="value").reindex(columns=[SUPPORT])
        drawn.append(rows[rows["metric"] == DRAWN].merge(shown.reset_index(), on=[*COLUMNS, "text", "other"]))
    every = pd.concat(drawn, ignore_index=True)
    scale = Normalize(np.floor(10 * every["value"].min()) / 10, np.ceil(10 * every["value"].max()) / 10)
    cells = [
        Heat(rows=rows, title=f"{title} · layer {layer}", texts=texts, names=_names(rows, texts, doubtful), scaled=scale,
             height=float(np.clip(0.17 * len(texts), 2.4, 9)))
        for title, (layer, texts, rows) in found
    ]  # fmt: skip
    both = pd.concat([every, every.assign(text=every["other"])])
    note = noted(both, f"Sentences: {counted(every['n'])}.", CKA, TREE, apart(metrics, settings, "Starred"))
    legend = _legend(list(both["text"]), "s", lambda look: Look(look.colour, "s"))
    return Drawing(page(about.title, note, in_rows(cells, 2), 5.4, legend, FAMILY), every)


@figure("map", title="Map of the languages, by layer", metrics=("cka",), tables=("pairs", "metrics"))
def draw_maps(about: Figure, pairs: pd.DataFrame, metrics: pd.DataFrame, settings: Settings) -> Drawing:
    """A map of the texts in two dimensions at a few layers of each model: near one another where their sentences lie alike.
    The stress is the map's distortion: 0 none, 0.1 fair, 0.2 poor; from there on, read the heat map instead.
    """
    doubtful, drawn = left_out(main_models(metrics), settings.reference), list[pd.DataFrame]()
    grid = list[list[Panel]]()
    for title, layers in _models(pairs):
        line = list[Panel]()
        for (layer, texts, rows), (points, stress) in zip(layers, maps(layers), strict=True):
            of = pd.DataFrame({"text": texts, "x": points[:, 0], "y": points[:, 1], "stress": stress})
            drawn.append(of.assign(metric=DRAWN, **rows[[*COLUMNS, "n"]].iloc[0]))
            line.append(Map(rows=of, title=f"{title} · layer {layer}\nstress {stress:.2f}", x="Angle (radians)",
                            names=_names(rows, texts, doubtful), reference=settings.reference))  # fmt: skip
        grid.append(line)
    every = pd.concat(drawn, ignore_index=True)[[*COLUMNS, "text", "metric", "x", "y", "stress", "n"]]
    note = noted(every, f"Sentences: {counted(every['n'])}.", CKA, MAP, apart(metrics, settings, "Starred"))
    legend = _legend(list(every["text"]), "o", lambda look: Look(SOFT, look.marker))
    return Drawing(page(about.title, note, grid, 4.0, legend, FAMILY), every)


def _models(pairs: pd.DataFrame) -> Iterator[tuple[str, list[Layer]]]:
    """Yield each model's title, and of each of its layers the number, the texts and the rows of what is drawn.

    Raises:
        Nothing: there is no layer with three texts that have values.
    """
    rows = main_models(in_order(pairs[pairs["metric"].isin([DRAWN, SUPPORT])], "layer", "text", "other", "metric"))
    found = 0
    for place in panels(rows):
        if layers := complete_layers(rows_of(rows, place)):
            found += 1
            yield title_of(place, rows), layers
    if not found:
        n = int(rows["n"].max()) if len(rows) else None
        raise Nothing("no three texts are compared; name more, and a layer in pairs.layers." if n is None or n >= 5 else
                      f"all texts together share {n} sentences, too few to compare; the log of text_pairs names the text that "
                      "lacks most of them.")  # fmt: skip


def _names(rows: pd.DataFrame, texts: Sequence[str], doubtful: pd.DataFrame) -> list[str]:
    """Return the names of texts, with a star where comparisons leave a text out."""
    out = set(rows_of(doubtful, (rows["model"].iloc[0], rows["corpus"].iloc[0]))["text"])
    return [label(text, texts) + "*" * (text in out) for text in texts]


def _legend(texts: Sequence[str], shape: str, drawn: Callable[[Look], Look]) -> list[Line2D]:
    """Return the entries of families, in their colours and one shape, and of scripts as they are drawn."""
    looks, scripts = family_looks(text[:3] for text in set(texts)), sorted({TextName.parse(text).script for text in texts})
    families = [Look(look.colour, shape).handle(name, ls="", mew=0) for name, look in looks.items()]
    named = [drawn(script_look(code)).handle(script(code).name, ls="", mew=0) for code in scripts]
    return [*families, Line2D([], [], ls="", label="Script"), *named]


def _colours(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return the colours of each text's family and script."""
    looks, names = family_looks(text[:3] for text in texts), [TextName.parse(text) for text in texts]
    return [(looks[language(name.lang).family].colour, script_look(name.script).colour) for name in names]


def heat_map(axes: Axes, values: np.ndarray, scaled: Normalize, name: str, **options: Any) -> None:
    """Draw a heat map, and below it what its colours mean; `options` are those of seaborn's."""
    key = axes.inset_axes((0, -0.06, 0.4, 0.022))
    bar = dict(orientation="horizontal", ticks=[scaled.vmin, scaled.vmax])
    sns.heatmap(values, cmap="mako_r", norm=scaled, ax=axes, cbar_ax=key, cbar_kws=bar, **options)
    key.tick_params(labelsize=SIZE, length=2)
    key.text(1.03, 0.5, name, transform=key.transAxes, fontsize=SIZE, va="center", color=SOFT)
    axes.grid(visible=False)


@dataclass(kw_only=True)
class Heat(Panel):
    """A symmetric table of texts in the order of their tree, which stands beside it with two bars of colours.

    Attributes:
        rows: those of one model and layer in the table of pairs.
        texts: those of the rows, sorted; `names` is what they are called.
        scaled: the scale of colours.
    """

    texts: Sequence[str]
    names: Sequence[str]
    scaled: Normalize

    def draw(self, axes: Axes) -> None:
        texts, values = list(self.texts), square(self.rows, DRAWN, list(self.texts))
        merges = tree(angles(values))
        order = leaves_list(merges)
        size = min(SIZE, 0.85 * 72 * self.height / len(texts))
        own, named = np.eye(len(texts), dtype=bool), [self.names[at] for at in order]
        heat_map(axes, values[np.ix_(order, order)], self.scaled, "CKA", mask=own, xticklabels=False, yticklabels=named)
        axes.tick_params(axis="y", labelsize=size, length=0, rotation=0)
        colours = [_colours(texts)[at] for at in order]
        for number in (0, 1):
            bar = axes.inset_axes((1.012 + 0.03 * number, 0, 0.025, 1))
            bar.imshow([[mpl.colors.to_rgb(both[number])] for both in colours], aspect="auto", interpolation="none")
            bar.axis("off")
        self._tree(axes.inset_axes((1.08, 0, 0.3, 1), sharey=axes), merges, order)

    def _tree(self, axes: Axes, merges: np.ndarray, order: np.ndarray) -> None:
        """Draw a tree whose leaves stand at the rows."""
        known = (self.rows["metric"] == SUPPORT).any()
        kept = square(self.rows, SUPPORT, list(self.texts)) if known else np.full((len(order), len(order)), np.nan)
        first, up, across = list(range(len(order))), list(np.argsort(order) + 0.5), [0.0] * len(order)
        for left, right, height, _ in merges:
            a, b = int(left), int(right)
            share = kept[first[a], first[b]]  # NaN where all texts are joined
            style = next((style for least, style in BRANCHES if share >= least), BRANCHES[-1 if known else 0][1])
            axes.plot([across[a], height, height, across[b]], [up[a], up[a], up[b], up[b]], solid_capstyle="butt", **style)
            first.append(first[a])
            up.append((up[a] + up[b]) / 2)
            across.append(height)
        axes.set_xlim(0, 1.02 * across[-1])
        axes.axis("off")


@dataclass(kw_only=True)
class Map(Panel):
    """Points with their names, one a text: colours are families, shapes are scripts, and the reference's name is bold.

    Attributes:
        rows: `text`, `x` and `y`.
        names: what the texts are called.
    """

    names: Sequence[str] = ()
    reference: str = ""

    def draw(self, axes: Axes) -> None:
        for row, (colour, _) in zip(self.rows.itertuples(), _colours(list(self.rows["text"])), strict=True):
            look = script_look(TextName.parse(str(row.text)).script)
            axes.plot(row.x, row.y, look.marker, color=colour, ms=5, mew=0)
        axes.margins(0.12)
        axes.set_aspect("equal", adjustable="datalim")
        axes.locator_params(nbins=4)

    def label(self, axes: Axes) -> None:
        colours = _colours(list(self.rows["text"]))
        name_points(axes, [
            End(name, row.x, row.y, colour, row.text == self.reference)
            for row, name, (colour, _) in zip(self.rows.itertuples(), self.names, colours, strict=True)
        ], np.empty((0, 2)))  # fmt: skip
