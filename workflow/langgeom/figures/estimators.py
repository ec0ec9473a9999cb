"""Intrinsic dimension by several estimators, and by Gride at several scales, on a few texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition
from langgeom.analysis.rows import LEAST, PANEL, by_layer, in_order, main_models, numbers, panels, rows_of, title_of
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.lines import BANDS, Lines, after_embedding, layer_note
from langgeom.figures.page import Grid, in_rows, log_limits, noted, page, scaled
from langgeom.figures.style import SOFT, Look, nth_look
from langgeom.languages import label, language
from langgeom.metrics.catalogue import METRICS
from langgeom.names import TextName

# The scale k of each metric of `id_scales`: it compares the distance to the k-th neighbour with that to the 2k-th.
SCALES = (1, 2, 4, 8, 16, 32, 64)
# Other scales of an estimator, quartiles of another, and differences are no estimators of their own.
NONE_OF_THEIR_OWN = re.compile(r"id_gride_\d+|id_local_.*|.*_difference|(?!id_|skdim_).*")
TEXTS = 4
DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


@figure("id_estimators", title="Estimators of intrinsic dimension",
        metrics=("id_microscope", "id_microscope_distinct", "id_twonn", "id_mle", "id_gride", "id_pca"))  # fmt: skip
def by_estimator(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension by layer as several estimators give it on the same texts; id_microscope counts copies of vectors,
    the others do not. What do they agree on, and what depends on the estimator?
    """
    rows, said = _rows(about, table, settings)
    looks = {metric: nth_look(number, 1.6) for number, metric in enumerate(about.metrics) if metric in set(rows["metric"])}
    lines = rows.assign(x=rows["layer"], name=rows["metric"], hue=rows["metric"])
    bounds, log = scaled(rows, True)
    grid = _grid(lines, settings, x="Layer", y="Intrinsic dimension", ylim=bounds, log=log, looks=looks, named="")
    note = noted(rows, *(f"{metric}: {definition(metric).sentence}" for metric in looks), BANDS, layer_note(settings), said)
    return Drawing(page(about.title, note, grid, 2.9, [looks[name].handle(name) for name in looks], "Estimator"), numbers(rows))


@figure("id_scales", title="Intrinsic dimension by scale",
        metrics=("id_gride_1", "id_gride_2", "id_gride_4", "id_gride", "id_gride_16", "id_gride_32", "id_gride_64"),
        )  # fmt: skip
def by_scale(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension by Gride as its neighbourhood grows, at layers of five depths, for a few texts.
    A level stretch is a dimension to trust; a slope says that there is no one dimension.
    """
    rows, said = _rows(about, table, settings)
    depths = {place: few_layers(rows_of(rows, place)["layer"]) for place in panels(rows)}
    rows = rows[[row.layer in depths[row.model, row.corpus] for row in rows.itertuples()]]
    rows = rows.assign(scale=rows["metric"].map(dict(zip(about.metrics, SCALES, strict=True))))
    hues = [str(depths[row.model, row.corpus].index(row.layer)) for row in rows.itertuples()]
    lines = rows.assign(x=rows["scale"], name="layer " + rows["layer"].astype(str), hue=hues)
    shades = sns.color_palette("inferno", 7).as_hex()[1:6]  # dark enough for white paper
    looks = {str(number): nth_look(number, 1.5)._replace(colour=shade) for number, shade in enumerate(shades)}
    grid = _grid(lines, settings, x="Scale k: distances to neighbours 2k and k", y="Intrinsic dimension (Gride)", log="xy",
                 ylim=log_limits(rows["value"]), xlim=(0.92, 1.04 * rows["scale"].max()), looks=looks)  # fmt: skip
    note = noted(rows, definition("id_gride").sentence, "Scale 1 is TwoNN's, the most local.", BANDS, said,
                 "Gride takes long and is measured for the texts of in_depth alone.")  # fmt: skip
    return Drawing(page(about.title, note, grid, 3.2), numbers(rows).assign(scale=rows["scale"]))


@figure("id_many", title="All estimators of intrinsic dimension, one text", metrics=("id",))
def by_every_estimator(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension of one text by depth, a panel for each estimator that was measured, one line a model; in grey what
    the other figures show. Which estimators agree on the shape of the curve, and which only on that there is one?
    """
    known = [name for name in METRICS if not NONE_OF_THEIR_OWN.fullmatch(name) and name in set(table["metric"])]
    known.sort(key=lambda name: name != settings.id)
    rows, said = _rows(about._replace(metrics=tuple(known or about.metrics)), table, settings)
    rows = rows[rows["text"] == few_texts(sorted(set(rows["text"])), settings)[0]]
    measured = [name for name in known if name in set(rows["metric"])]
    if len(measured) < 2:
        raise Nothing(f"'{measured[0]}' is the only estimator that was measured; add others, such as id_mle or skdim_mom, to "
                      "metrics.token, or to in_depth.token for a few texts.")  # fmt: skip
    names = {place: title_of(place, rows) for place in panels(rows)}
    looks = {settings.id: Look(SOFT, "", "-", 0.8)}
    looks |= {name: nth_look(number, 1.6) for number, name in enumerate(names.values())}
    lines = rows.assign(x=rows["layer"] / rows.groupby(PANEL)["layer"].transform("max").clip(lower=1))
    lines["hue"] = lines["name"] = [names[place] for place in zip(rows["model"], rows["corpus"], strict=True)]
    grey = lines[lines["metric"] == settings.id].assign(hue=settings.id, low=np.nan, high=np.nan)
    grey["name"] += f", {settings.id}"
    bounds, log = scaled(rows)
    cells = [
        Lines(rows=pd.concat([grey[: len(grey) * (metric != settings.id)], lines[lines["metric"] == metric]]), title=metric,
              x="Depth", y="Dimension", height=1.7, ylim=bounds, log=log, looks=looks, named="")
        for metric in measured
    ]  # fmt: skip
    text = label(str(rows["text"].iloc[0]), [])
    note = noted(rows, f"Text: {text}. Depth: 0 = embeddings, 1 = last layer. {BANDS} {layer_note(settings)} {said}")
    note = "\n".join([note, *(f"{metric}: {definition(metric).sentence}" for metric in measured)])
    legend = [looks[name].handle(name) for name in (*names.values(), settings.id)]
    return Drawing(page(about.title, note, in_rows(cells, 5), 2.2, legend, "Model"), numbers(rows))


def _rows(about: Figure, table: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, str]:
    """Return the rows of all metrics of a figure, of trained models (any model if none is trained) and a few texts."""
    rows = pd.concat([main_models(by_layer(table, metric)) for metric in about.metrics], ignore_index=True)
    # Texts that were measured in depth have the most of the metrics.
    counts = rows.groupby("text")["metric"].nunique()
    texts = few_texts([str(text) for text in counts.index[counts == counts.max()]], settings)
    rows, said = after_embedding(rows[rows["text"].isin(texts)])
    if rows.empty:
        names = ", ".join(about.metrics)
        raise Nothing(f"no text has one of {names} from {LEAST} points or more; add them to metrics.token, or name texts in "
                      "in_depth.texts.")  # fmt: skip
    return in_order(rows, "metric", "text", "layer"), said


def _grid(lines: pd.DataFrame, settings: Settings, **options: Any) -> Grid:
    """Return a row per model and a column per text."""
    texts = few_texts(sorted(set(lines["text"])), settings)
    return [
        [
            Lines(rows=rows_of(lines[lines["text"] == text], place), height=2.4, **options,
                  title=f"{title_of(place, lines)} · {label(text, texts)}")
            for text in texts
        ]
        for place in panels(lines)
    ]  # fmt: skip


def few_texts(texts: Sequence[str], settings: Settings) -> list[str]:
    """Choose at most four texts: the reference, then (of the sample, if one is set) the first of each further family."""
    chosen = [settings.reference] if settings.reference in texts else []
    allowed = [text for text in sorted(texts) if not settings.sample or text in settings.sample]
    for new_family in (True, False):
        for text in allowed:
            families = {language(TextName.parse(other).lang).family for other in chosen}
            known = language(TextName.parse(text).lang).family in families
            if len(chosen) < TEXTS and text not in chosen and not (new_family and known):
                chosen.append(text)
    return chosen


def few_layers(layers: pd.Series) -> list[int]:
    """Return the layers at 0, 1/4, 1/2, 3/4 and all of the depth that there are."""
    there = np.unique(layers)
    return list(dict.fromkeys(int(there[np.abs(there - depth * there.max()).argmin()]) for depth in DEPTHS))
