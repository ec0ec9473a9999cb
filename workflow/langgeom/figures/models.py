"""Models compared, averaged over languages: encoders and decoders (figure 6), and two models side by side (figure 12)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote
from langgeom.analysis.layers import MEDIAN, least_points, medians
from langgeom.analysis.pairs import twins
from langgeom.analysis.rows import LEAST, by_layer, counted, reliable
from langgeom.analysis.statistics import mean_reach
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.lines import Cell, Series, draw_cells, draw_series, finish_axes
from langgeom.figures.scales import limits, settled_scale
from langgeom.figures.scatter import FIT, draw_against, families_of, family_marks, paired
from langgeom.figures.style import COLOURS, DASHES, MARKERS, Look, page

DEPTH = "Relative depth (0 = embeddings, 1 = last layer)"


def average(rows: pd.DataFrame) -> pd.DataFrame:
    """Average a metric over the texts that every model of the corpus has, at the layers that all of these texts have.

    At a layer that some of them lack (layer 0, where few points are distinct) the mean would be of other texts, and the line
    would show that instead of the layer.

    Returns:
        A row per model, corpus and layer: `value` the mean, `low` and `high` its 95 % t interval over texts (missing for
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
    half = mean_reach(means["std"], means["n"])
    return means.assign(low=means["value"] - half, high=means["value"] + half)


@figure(
    "id_encoder_decoder",
    alias="fig06",
    title="Intrinsic dimension: encoders and decoders",
    caption="Intrinsic dimension by relative depth, averaged over the languages; decoders solid, encoders dashed. "
    "Does the encoder lie below the decoders once trained, and do the untrained twins tell architecture from training?",
    metrics=("id",),
)
def encoder_decoder(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw trained models on the left, untrained ones on the right, a row per corpus."""
    columns = ("model", "kind", "init", "corpus", "layer", "depth", "metric", "over", "value", "low", "high", "n")
    rows = by_layer(table, settings.id)
    missing = [kind for kind in ("encoder", "decoder") if kind not in set(rows["kind"])]
    if missing:
        reason = f"no {' and no '.join(missing)} has the metric '{settings.id}'; add one to the models."
        return nothing(figure.title, reason, columns)
    rows, few = reliable(rows)
    means = average(rows)
    if means.empty:
        reason = f"no language has '{settings.id}' from {LEAST} points or more in all models."
        return nothing(figure.title, reason, columns)
    inits = [init for init in ("trained", "untrained") if init in set(means["init"])]
    looks = _looks(rows)
    grid: list[list[Cell | None]] = []
    for corpus, of_corpus in means.groupby("corpus", sort=True):
        suffix = f" · {corpus}" if means["corpus"].nunique() > 1 else ""
        grid.append([_cell(init.capitalize() + suffix, of_corpus[of_corpus["init"] == init], looks) for init in inits])
    scale = settled_scale(means)
    note = footnote(
        settings.id, rows, "", "Lines: means over the languages that all models of a corpus have",
        f"(n = {counted(means['n'])}); bands: 95 % t intervals of these means, that is of the spread between languages.",
        scale.note, few.replace("Not drawn", "Not in the means").replace("; see the CSV", ""),
    )  # fmt: skip
    legend = [Look("#444444", "", dash, 1.6).handle(kind) for kind, dash in zip(("decoder", "encoder"), DASHES, strict=False)]
    sheet = draw_cells(
        figure.title, note, grid, definition(settings.id).axis, DEPTH, bounds=[scale.bounds] * len(grid), log=scale.log,
        legend=legend, width=3.6, right=1.8,
    )  # fmt: skip
    return Drawing(sheet, means[list(columns)])


def _looks(rows: pd.DataFrame) -> dict[str, Look]:
    """Give an untrained twin the look of its trained model."""
    kinds = rows.groupby("model")["kind"].first()
    looks: dict[str, Look] = {}
    for index, pair in enumerate(twins(rows)):
        for model, _ in filter(None, pair):
            dash = DASHES[0] if kinds[model] == "decoder" else DASHES[1]
            looks.setdefault(model, Look(COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)], dash, 1.6))
    return looks


def _cell(title: str, means: pd.DataFrame, looks: dict[str, Look]) -> Cell | None:
    series = [Series(str(model), points, looks[str(model)]) for model, points in means.groupby("model", sort=False)]
    return Cell(title, series) if series else None


@figure(
    "id_anisotropy_models",
    alias="fig12",
    title="Two models compared: intrinsic dimension and anisotropy",
    caption="Intrinsic dimension and anisotropy of two models by relative depth, averaged over the languages, and below "
    "language by language. Do models that differ in training data show the same pattern, and do they order the languages "
    "alike?",
    metrics=("id", "anisotropy"),
)
def two_models(figure: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a block per corpus: means by relative depth above, language by language below."""
    columns = ("shown", "model", "kind", "init", "corpus", "text", "lang", "script", "layer", "depth", "metric", "over",
               "value", "low", "high", "n")  # fmt: skip
    models = compared(table, settings)
    if len(models) < 2:
        found = f"found: {models[0]}" if models else "found none"
        reason = f"two trained decoders are needed ({found}); add one, or name two models in figures.compare."
        return nothing(figure.title, reason, columns)
    table = table[table["model"].isin(models)]
    metrics = (settings.id, settings.anisotropy)
    measured = [_shared(by_layer(table, metric), least_points(metric, settings), models) for metric in metrics]
    for metric, rows in zip(metrics, measured, strict=True):
        if rows.empty:
            reason = f"{models[0]} and {models[1]} have no language and corpus in common that both have '{metric}' in."
            return nothing(figure.title, reason, columns)
    means = [average(rows) for rows in measured]
    each = [_shared(medians(table, metric, settings), 0, models) for metric in metrics]
    corpora = list(dict.fromkeys(measured[0]["corpus"]))
    scale = settled_scale(means[0])
    bounds = [scale.bounds, (0.0, 1.0) if means[1]["value"].max() > 0.5 else limits(means[1])]
    families = families_of(measured[0]["text"].unique())
    number = counted(measured[0].groupby("corpus")["text"].nunique())
    note = " ".join(filter(None, (
        *(definition(metric).sentence for metric in metrics),
        f"Above: means over the {number} texts that both models have, bands 95 % t intervals of these means.", scale.note, FIT,
    )))  # fmt: skip
    sheet = page(
        figure.title, note, [[True, True]] * 2 * len(corpora), 3.4, [2.9, 3.4] * len(corpora), left=0.8, right=1.35, gap=0.6,
        above=0.8, legend=family_marks(families), legend_title="Language family",
    )  # fmt: skip
    looks = {model: Look(COLOURS[i], MARKERS[i], DASHES[i], 1.7) for i, model in enumerate(models)}
    for block, corpus in enumerate(corpora):
        for side, metric in enumerate(metrics):
            above, below = sheet.axes[2 * block][side], sheet.axes[2 * block + 1][side]
            assert above is not None and below is not None
            lines = means[side][means[side]["corpus"] == corpus]
            series = [Series(model, lines[lines["model"] == model], looks[model]) for model in models]
            draw_series(above, [line for line in series if len(line.points)])
            finish_axes(above, series, bounds[side], log=side == 0 and scale.log)
            axis = definition(metric).axis
            above.set_title(axis + (f" · {corpus}" if len(corpora) > 1 else ""), loc="left")
            above.set_xlabel(DEPTH)
            above.set_ylabel(axis)
            points = each[side][each[side]["corpus"] == corpus]
            pairs = paired(*(points[points["model"] == model] for model in models))
            draw_against(below, pairs, families, f"Language by language, {MEDIAN}", settings.reference)
            below.set_xlabel(models[0])
            below.set_ylabel(models[1])
    drawn = [part.assign(shown="mean over languages") for part in means]
    drawn += [part.dropna(subset="value").assign(shown=MEDIAN) for part in each]
    return Drawing(sheet.figure, pd.concat(drawn, ignore_index=True).reindex(columns=list(columns)).astype({"layer": "Int16"}))


def compared(table: pd.DataFrame, settings: Settings) -> list[str]:
    """Return the two models to compare: those of the settings, else the first two trained decoders by name."""
    if settings.compare:
        return [model for model in settings.compare if (table["model"] == model).any()]
    decoders = table[(table["init"] == "trained") & (table["kind"] == "decoder")]
    return sorted(decoders["model"].unique())[:2]


def _shared(rows: pd.DataFrame, least: int, models: Sequence[str]) -> pd.DataFrame:
    """Return the rows with enough points of the texts that both models have."""
    rows = rows[rows["n"].fillna(least) >= least]
    shared = rows.groupby(["corpus", "text"])["model"].transform("nunique") == len(models)
    return rows[shared].reset_index(drop=True)
