"""Models compared, averaged over languages: encoders and decoders (figure 6), and two models side by side (figure 12)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote
from langgeom.analysis.layers import least_points
from langgeom.analysis.pairs import twins
from langgeom.analysis.rows import LEAST, by_layer, comparable, counted, reliable
from langgeom.analysis.statistics import mean_reach
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.lines import Lines
from langgeom.figures.page import Panel, page
from langgeom.figures.points import apart
from langgeom.figures.scales import limits, scaled
from langgeom.figures.style import DASHES, Look, nth_look

MEANS = ("model", "kind", "init", "corpus", "layer", "depth", "metric", "over", "value", "low", "high", "n")
DEPTH = "Relative depth (0 = embeddings, 1 = last layer)"


def average(rows: pd.DataFrame) -> pd.DataFrame:
    """Average a metric over the texts that every model of the corpus has, at the layers that all of these texts have.

    At a layer that some of them lack (layer 0, where few points are distinct) the mean would be of other texts, and the line
    would show that instead of the layer.

    Returns:
        A row per model, corpus and layer: `value` the mean, `low` and `high` its 95 % t interval over texts (missing for
        one text), `n` the number of texts, `depth` = layer / last layer, `x` the same; `name` and `hue` are the model's.
    """
    models = rows.groupby("corpus")["model"].transform("nunique")
    shared = rows[rows.groupby(["corpus", "text"])["model"].transform("nunique") == models]
    keys = ["model", "kind", "init", "corpus", "layer", "metric", "over"]
    means = shared.groupby(keys, sort=False)["value"].agg(["mean", "std", "count"]).reset_index()
    means = means.rename(columns={"mean": "value", "count": "n"})
    depth = means["layer"] / means.groupby(["model", "corpus"])["layer"].transform("max").clip(lower=1)
    means = means.assign(depth=depth, x=depth, name=means["model"], hue=means["model"])
    means = means[means["n"] == means.groupby("corpus")["n"].transform("max")]
    half = mean_reach(means["std"], means["n"])
    return means.assign(low=means["value"] - half, high=means["value"] + half)


@figure("id_encoder_decoder", alias="fig06", title="Intrinsic dimension: encoders and decoders", metrics=("id",),
        findings=("C7",))  # fmt: skip
def encoder_decoder(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension by relative depth, averaged over the languages; decoders solid, encoders dashed.
    Does the encoder lie below the decoders once trained, and do the untrained twins tell architecture from training?
    """
    absent, table = apart(table, settings), comparable(table, settings.reference)
    rows = by_layer(table, settings.id)
    if missing := [kind for kind in ("encoder", "decoder") if kind not in set(rows["kind"])]:
        raise Nothing(f"no {' and no '.join(missing)} has the metric '{settings.id}'; add one to the models.")
    rows, few = reliable(rows)
    means = average(rows)
    if means.empty:
        raise Nothing(f"no language has '{settings.id}' from {LEAST} points or more in all models.")
    shown = _after(means)
    inits = [init for init in ("trained", "untrained") if init in set(shown["init"])]
    (bounds, log), looks, axis = scaled(shown, True), _looks(rows), definition(settings.id).axis
    bounds = max(0.0, bounds[0]), bounds[1]  # an interval by t may reach below, a dimension does not
    grid: list[list[Panel | None]] = [
        [
            Lines(rows=part, title=f"{init.capitalize()} · {corpus}", x=DEPTH, y=axis, ylim=bounds, log=log, looks=looks)
            if len(part := of_corpus[of_corpus["init"] == init]) else None
            for init in inits
        ]
        for corpus, of_corpus in shown.groupby("corpus", sort=True)
    ]  # fmt: skip
    note = footnote(
        settings.id, rows, "", f"Lines: means over the languages that all models of a corpus have (n = {counted(means['n'])});",
        "bands: 95 % t intervals of these means, that is of the spread between languages. Layer 0 is in the CSV alone.",
        few.replace("Not drawn", "Not in the means").replace("; see the CSV", ""), absent,
    )  # fmt: skip
    legend = [Look("#444444", "", dash, 1.6).handle(kind) for kind, dash in zip(("decoder", "encoder"), DASHES, strict=False)]
    return Drawing(page(about.title, note, grid, 4.6, legend), means[list(MEANS)])


def _after(means: pd.DataFrame) -> pd.DataFrame:
    return means[means["layer"] > 0] if (means["layer"] > 0).any() else means


def _looks(rows: pd.DataFrame) -> dict[str, Look]:
    """Give an untrained twin the look of its trained model."""
    kinds = rows.groupby("model")["kind"].first()
    looks: dict[str, Look] = {}
    for index, pair in enumerate(twins(rows)):
        for model, _ in filter(None, pair):
            looks.setdefault(model, nth_look(index, 1.6)._replace(dash=DASHES[kinds[model] != "decoder"]))
    return looks


@figure("id_anisotropy_models", alias="fig12", title="Two models compared: intrinsic dimension and anisotropy",
        metrics=("id", "anisotropy"), findings=("C13",))  # fmt: skip
def two_models(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension and anisotropy of two models by relative depth, averaged over the languages that both have.
    Do the two show the same pattern?
    """
    models = compared(table, settings)
    if len(models) < 2:
        found = f"found: {models[0]}" if models else "found none"
        raise Nothing(f"two trained decoders are needed ({found}); add one, or name two models in figures.compare.")
    table, metrics = table[table["model"].isin(models)], (settings.id, settings.anisotropy)
    absent, table = apart(table, settings), comparable(table, settings.reference)
    means = [average(_shared(by_layer(table, metric), least_points(metric, settings), models)) for metric in metrics]
    for metric, rows in zip(metrics, means, strict=True):
        if rows.empty:
            raise Nothing(f"{models[0]} and {models[1]} have no language and corpus in common that both have '{metric}' in.")
    above = [_after(means[0]), means[1]]
    scales = [scaled(above[0], True), ((0.0, 1.0) if above[1]["value"].max() > 0.5 else limits(above[1]), "")]
    looks = {model: nth_look(number, 1.7) for number, model in enumerate(models)}
    grid: list[list[Panel | None]] = [
        [
            Lines(rows=part, title=str(corpus), x=DEPTH, y=definition(metric).axis, ylim=bounds, log=log, looks=looks)
            if len(part := lines[lines["corpus"] == corpus]) else None
            for metric, lines, (bounds, log) in zip(metrics, above, scales, strict=True)
        ]
        for corpus in dict.fromkeys(means[0]["corpus"])
    ]  # fmt: skip
    said = (
        f"Lines: means over the {counted(means[0]['n'])} texts that both models have; bands: 95 % t intervals of these means."
    )
    note = " ".join([*(definition(metric).sentence for metric in metrics), said, absent])
    return Drawing(page(about.title, note, grid, 4.6), pd.concat(means, ignore_index=True)[list(MEANS)])


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
