"""Models compared: encoders and decoders (figure 6), two models (12), both averaged over languages, and checkpoints of one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote
from langgeom.analysis.layers import least_points, median_over_layers
from langgeom.analysis.pairs import twins
from langgeom.analysis.rows import (
    LEAST,
    NUMBERS,
    PANEL,
    by_layer,
    comparable,
    counted,
    numbers,
    panels,
    reliable,
    rows_of,
    title_of,
)
from langgeom.analysis.statistics import mean_reach
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, Nothing
from langgeom.figures.lines import Lines, by_family
from langgeom.figures.page import Scale, in_rows, limits, noted, page, scaled
from langgeom.figures.points import apart
from langgeom.figures.style import DASHES, FAMILY, Look, nth_look
from langgeom.names import STEP

MEANS = ["model", "kind", "init", "corpus", "layer", "depth", "metric", "over", "value", "low", "high", "n"]
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
    depth = means["layer"] / means.groupby(PANEL)["layer"].transform("max").clip(lower=1)
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
    ((low, high), log), looks = scaled(shown, True), dict[str, Look]()
    kinds = rows.groupby("model")["kind"].first()
    for index, pair in enumerate(twins(rows)):  # an untrained twin has the look of its trained model
        for model, _ in filter(None, pair):
            looks.setdefault(model, nth_look(index, 1.6)._replace(dash=DASHES[kinds[model] != "decoder"]))
    grid = [
        [
            Lines(rows=of_corpus[of_corpus["init"] == init], title=f"{init.capitalize()} · {corpus}", x=DEPTH,
                  y=definition(settings.id).axis, log=log, looks=looks,
                  ylim=(max(0.0, low), high))  # an interval by t may reach below, a dimension does not
            for init in ("trained", "untrained") if (shown["init"] == init).any()
        ]
        for corpus, of_corpus in shown.groupby("corpus", sort=True)
    ]  # fmt: skip
    note = footnote(
        settings.id, rows, "", f"Lines: means over the languages that all models of a corpus have (n = {counted(means['n'])});",
        "bands: 95 % t intervals of these means, that is of the spread between languages. Layer 0 is in the CSV alone.",
        few.replace("Not drawn", "Not in the means").replace("; see the CSV", ""), absent,
    )  # fmt: skip
    legend = [Look("#444444", "", dash, 1.6).handle(kind) for kind, dash in zip(("decoder", "encoder"), DASHES, strict=False)]
    return Drawing(page(about.title, note, grid, 4.6, legend), means[MEANS])


def _after(means: pd.DataFrame) -> pd.DataFrame:
    return means[means["layer"] > 0] if (means["layer"] > 0).any() else means


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
    shown = [_after(means[0]), means[1]]
    scales: list[Scale] = [scaled(shown[0], True), ((0.0, 1.0) if shown[1]["value"].max() > 0.5 else limits(shown[1]), "")]
    looks = {model: nth_look(number, 1.7) for number, model in enumerate(models)}
    grid = [
        [
            Lines(rows=rows[rows["corpus"] == corpus], title=str(corpus), x=DEPTH, y=definition(metric).axis, ylim=bounds,
                  log=log, looks=looks)
            for metric, rows, (bounds, log) in zip(metrics, shown, scales, strict=True)
        ]
        for corpus in dict.fromkeys(means[0]["corpus"])
    ]  # fmt: skip
    said = (
        f"Lines: means over the {counted(means[0]['n'])} texts that both models have; bands: 95 % t intervals of these means."
    )
    note = " ".join([*(definition(metric).sentence for metric in metrics), said, absent])
    return Drawing(page(about.title, note, grid, 4.6), pd.concat(means, ignore_index=True)[MEANS])


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


@figure("steps", title="Intrinsic dimension and anisotropy over training", metrics=("id", "anisotropy"))
def steps(about: Figure, table: pd.DataFrame, settings: Settings) -> Drawing:
    """Intrinsic dimension and anisotropy at the middle layers of a model by the step of its training, one line a language.
    When does each arise, and does it in all languages at once?
    """
    metrics = (settings.id, settings.anisotropy)
    rows = pd.concat([_middle(by_layer(table, metric), least_points(metric, settings)) for metric in metrics])
    found = rows["model"].str.extract(STEP)
    rows = rows.assign(checkpoint=rows["model"], model=found["name"], step=found["step"].astype("float64"))
    rows = rows[rows.groupby(PANEL)["step"].transform("nunique") > 1]
    if rows.empty:
        raise Nothing("no model has two checkpoints, named as name-step1000; add `checkpoints` to a model of the hub.")
    lines, looks, legend, keep = by_family(rows.sort_values([*PANEL, "text", "step"], ignore_index=True), "")
    lines = lines.assign(x=lines["step"].clip(lower=0.5))
    ends = 0.9 * float(lines["x"].min()), 1.1 * float(lines["x"].max())
    grid = list[list[Lines]]()
    for block in in_rows(panels(lines)):
        for metric, of_metric in lines.groupby("metric", sort=False):
            bounds, log = scaled(of_metric, True) if metric == settings.id else (limits(of_metric, False), "")
            grid.append([
                Lines(rows=rows_of(of_metric, place), title=title_of(place, lines), x="Training step", xlim=ends, ylim=bounds,
                      y=definition(str(metric)).axis, looks=looks, log=f"x{log}", keep=keep)
                for place in block
            ])  # fmt: skip
    zero = "Step 0 is drawn at 0.5." * bool((lines["step"] == 0).any())
    said = "A point is the median over the middle third of the layers; it has no interval, since layers share their sentences."
    note = noted(lines, *(definition(metric).sentence for metric in metrics), said, zero)
    drawn = numbers(lines).assign(model=lines["checkpoint"], step=lines["step"].astype("int64"))
    return Drawing(page(about.title, note, grid, 4.0, legend, FAMILY), drawn[[*NUMBERS, "step"]])


def _middle(rows: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return each text's median over the middle third of the layers, where all of these have `least` points."""
    last = rows.groupby(PANEL)["layer"].transform("max")
    middle = rows[(3 * rows["layer"] >= last) & (3 * rows["layer"] <= 2 * last)]
    return median_over_layers(middle, least).assign(layer=pd.NA, low=float("nan"), high=float("nan")).dropna(subset="value")
