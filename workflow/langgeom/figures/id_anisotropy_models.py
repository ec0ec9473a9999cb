"""Figure 12: two models compared, intrinsic dimension left and anisotropy right, averaged over the languages both have."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from langgeom.figures.against import FIT, draw_against, families_of, family_legend, paired
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.frames import by_layer, reliable
from langgeom.figures.id_encoder_decoder import DEPTH, average
from langgeom.figures.lines import Series, draw_series, finish_axes
from langgeom.figures.scales import limits, settled_scale
from langgeom.figures.settings import Settings
from langgeom.figures.style import COLOURS, DASHES, MARKERS, Look, page
from langgeom.figures.summary import SUMMARISED, median_over_layers
from langgeom.figures.words import words

__all__ = ["ALIAS", "CAPTION", "METRICS", "TITLE", "compared", "draw"]

ALIAS = "fig12"
TITLE = "Two models compared: intrinsic dimension and anisotropy"
CAPTION = (
    "Intrinsic dimension and anisotropy of two models by relative depth, averaged over the languages, and below language "
    "by language. Do models that differ in training data show the same pattern, and do they order the languages alike?"
)
METRICS = ("id", "anisotropy")
COLUMNS = ("shown", "model", "kind", "init", "corpus", "text", "lang", "script", "layer", "depth", "metric", "over", "value",
           "low", "high", "n")  # fmt: skip
MEAN, EACH = "mean over languages", SUMMARISED


def draw(table: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a block for each corpus: by relative depth above, language by language below."""
    models = compared(table, settings)
    if len(models) < 2:
        found = f"found: {models[0]}" if models else "found none"
        reason = f"two trained decoders are needed ({found}); add one, or name two models in figures.compare."
        return nothing(TITLE, reason, COLUMNS)
    measured = [_both(table, metric, models) for metric in (settings.id, settings.anisotropy)]
    lacking = [metric for metric, rows in zip((settings.id, settings.anisotropy), measured, strict=True) if rows.empty]
    if lacking:
        reason = f"{models[0]} and {models[1]} have no language and corpus in common that both have '{lacking[0]}' in."
        return nothing(TITLE, reason, COLUMNS)
    corpora = list(dict.fromkeys(measured[0]["corpus"]))
    means = [average(rows) for rows in measured]
    each = [median_over_layers(rows) for rows in measured]
    scale = settled_scale(means[0])
    bounds = [scale.bounds, _share_bounds(means[1])]
    families = families_of(measured[0]["text"].unique())
    note = _note(settings, measured, scale.note)
    sheet = page(
        TITLE, note, [[True, True]] * 2 * len(corpora), 3.4, [2.9, 3.4] * len(corpora),
        left=0.8, right=1.35, gap=0.6, above=0.8, legend=family_legend(families), legend_title="Language family",
    )  # fmt: skip
    looks = {model: Look(COLOURS[i], MARKERS[i], DASHES[i], 1.7) for i, model in enumerate(models)}
    for block, corpus in enumerate(corpora):
        for side, metric in enumerate((settings.id, settings.anisotropy)):
            above, below = sheet.axes[2 * block][side], sheet.axes[2 * block + 1][side]
            assert above is not None and below is not None
            title = words(metric).axis + (f" · {corpus}" if len(corpora) > 1 else "")
            mine = means[side][means[side]["corpus"] == corpus]
            series = [Series(model, mine[mine["model"] == model], looks[model]) for model in models]
            draw_series(above, [line for line in series if len(line.points)])
            finish_axes(above, series, bounds[side], log=side == 0 and scale.log)
            above.set_title(title, loc="left")
            above.set_xlabel(DEPTH)
            above.set_ylabel(title.split(" · ")[0])
            mine = each[side][each[side]["corpus"] == corpus]
            pairs = paired(*(mine[mine["model"] == model] for model in models))
            draw_against(below, pairs, families, f"Language by language, {SUMMARISED}", settings.reference)
            below.set_xlabel(models[0])
            below.set_ylabel(models[1])
    drawn = [part.assign(shown=MEAN) for part in means] + [part.assign(shown=EACH) for part in each]
    return Drawing(sheet.figure, pd.concat(drawn, ignore_index=True).reindex(columns=list(COLUMNS)).astype({"layer": "Int16"}))


def compared(table: pd.DataFrame, settings: Settings) -> list[str]:
    """Return the two models to compare: those of the settings, else the first two trained decoders by name."""
    if settings.compare:
        return [model for model in settings.compare if (table["model"] == model).any()]
    decoders = table[(table["init"] == "trained") & (table["kind"] == "decoder")]
    return sorted(decoders["model"].unique())[:2]


def _both(table: pd.DataFrame, metric: str, models: Sequence[str]) -> pd.DataFrame:
    """Return a metric's reliable rows of the two models, on the texts that both have."""
    rows = by_layer(table[table["model"].isin(models)], metric)
    rows = reliable(rows)[0] if metric.startswith("id") else rows
    shared = rows.groupby(["corpus", "text"])["model"].transform("nunique") == len(models)
    return rows[shared].reset_index(drop=True)


def _share_bounds(means: pd.DataFrame) -> tuple[float, float]:
    """Return the axis of anisotropy: whole where lines reach half of it, else what they fill."""
    return (0.0, 1.0) if means["value"].max() > 0.5 else limits(means)


def _note(settings: Settings, measured: Sequence[pd.DataFrame], scale: str) -> str:
    number = measured[0].groupby("corpus")["text"].nunique()
    texts = f"{number.min()}" if number.nunique() == 1 else f"{number.min()} to {number.max()}"
    return " ".join(filter(None, (
        words(settings.id).definition, words(settings.anisotropy).definition,
        f"Above: means over the {texts} texts that both models have, bands 95 % t intervals of these means.", scale,
        FIT,
    )))  # fmt: skip
