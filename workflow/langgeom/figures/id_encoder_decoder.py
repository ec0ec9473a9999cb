"""Figure 6: intrinsic dimension by relative depth, encoders against decoders, averaged over languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import LEAST, by_layer, reliable, twins
from langgeom.figures.lines import Cell, Series, draw_cells
from langgeom.figures.scales import settled_scale
from langgeom.figures.settings import Settings
from langgeom.figures.style import COLOURS, DASHES, MARKERS, Look
from langgeom.figures.words import footnote, words

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "draw"]

ALIAS = "fig06"
TITLE = "Intrinsic dimension: encoders and decoders"
CAPTION = (
    "Intrinsic dimension by relative depth, averaged over the languages; decoders solid, encoders dashed. "
    "Does the encoder lie below the decoders once trained, and do the untrained twins tell architecture from training?"
)
METRICS = ("id",)
COLUMNS = ("model", "kind", "init", "corpus", "layer", "depth", "metric", "over", "value", "low", "high", "n")
DEPTH = "Relative depth (0 = embeddings, 1 = last layer)"


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw trained models on the left, untrained on the right, a row for each corpus."""
    rows = by_layer(table, settings.id)
    lacking = [kind for kind in ("encoder", "decoder") if kind not in set(rows["kind"])]
    if lacking:
        return nothing(TITLE, f"no {' and no '.join(lacking)} has the metric '{settings.id}'; add one to the models.", COLUMNS)
    rows, few = reliable(rows)
    means = average(rows)
    if means.empty:
        reason = f"no language has '{settings.id}' from {LEAST} points or more in all models."
        return nothing(TITLE, reason, COLUMNS)
    inits = [init for init in ("trained", "untrained") if init in set(means["init"])]
    looks = _looks(rows)
    grid: list[list[Cell | None]] = []
    for corpus, of_corpus in means.groupby("corpus", sort=True):
        suffix = f" · {corpus}" if means["corpus"].nunique() > 1 else ""
        grid.append([_cell(init.capitalize() + suffix, of_corpus[of_corpus["init"] == init], looks) for init in inits])
    note = footnote(
        settings.id, rows, "", "Lines: means over the languages that all models of a corpus have",
        f"(n = {_range(means['n'])}); bands: 95 % t intervals of these means, that is of the spread between languages.",
        (scale := settled_scale(means)).note, few.replace("Not drawn", "Not in the means").replace("; see the CSV", ""),
    )  # fmt: skip
    kinds = zip(("decoder", "encoder"), DASHES, strict=False)
    figure = draw_cells(
        TITLE, note, grid, words(settings.id).axis, DEPTH, bounds=[scale.bounds] * len(grid), log=scale.log,
        legend=[Look("#444444", "", dash, 1.6).handle(kind) for kind, dash in kinds],
        width=3.6, right=1.8,
    )  # fmt: skip
    return Drawing(figure, means[list(COLUMNS)])


def average(rows: pd.DataFrame) -> pd.DataFrame:
    """Average a metric over the texts that every model of the corpus has, at the layers that all of these texts have.

    At a layer that some of them lack (layer 0, where few points are distinct) the mean would be of other texts, and a line
    to it would show that and not the layer.

    Returns:
        A row a model, corpus and layer: `value` the mean, `low` and `high` its 95 % t interval over texts (missing for
        one text), `n` the number of texts, `depth` = layer / last layer, `x` the same.
    """
    models = rows.groupby("corpus")["model"].transform("nunique")
    shared = rows[rows.groupby(["corpus", "text"])["model"].transform("nunique") == models]
    keys = ["model", "kind", "init", "corpus", "layer", "metric", "over"]
    means = shared.groupby(keys, sort=False)["value"].agg(["mean", "std", "count"]).reset_index()
    means = means.rename(columns={"mean": "value", "count": "n"})
    last = means.groupby(["model", "corpus"])["layer"].transform("max").clip(lower=1)
    depth = means["layer"] / last
    means = means.assign(depth=depth, x=depth)[means["n"] == means.groupby("corpus")["n"].transform("max")]
    with np.errstate(divide="ignore", invalid="ignore"):
        half = student.ppf(0.975, np.maximum(means["n"] - 1, 1)) * means["std"] / np.sqrt(means["n"])
    return means.assign(low=means["value"] - half, high=means["value"] + half)


def _looks(rows: pd.DataFrame) -> dict[str, Look]:
    """Give an untrained twin the look of its trained model."""
    kinds = rows.groupby("model")["kind"].first()
    looks: dict[str, Look] = {}
    for index, pair in enumerate(twins(rows)):
        for panel in filter(None, pair):
            dash = DASHES[0] if kinds[panel[0]] == "decoder" else DASHES[1]
            looks.setdefault(panel[0], Look(COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)], dash, 1.6))
    return looks


def _cell(title: str, means: pd.DataFrame, looks: dict[str, Look]) -> Cell | None:
    series = [Series(str(model), points, looks[str(model)]) for model, points in means.groupby("model", sort=False)]
    return Cell(title, series) if series else None


def _range(values: pd.Series) -> str:
    return f"{values.min()}" if values.nunique() == 1 else f"{values.min()} to {values.max()}"
