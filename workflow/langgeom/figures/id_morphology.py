"""Figure 4: intrinsic dimension against morphology, and in pairs of related languages with few and with many resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from langgeom.analysis import Settings
from langgeom.analysis.definitions import definition, footnote
from langgeom.analysis.layers import MEDIAN, medians
from langgeom.analysis.pairs import related_texts
from langgeom.analysis.rows import LEAST, by_layer, main_models, panels, rows_of, title_of
from langgeom.analysis.statistics import fit_line, mean_interval
from langgeom.figures.catalogue import Figure, figure
from langgeom.figures.drawing import Drawing, nothing
from langgeom.figures.lines import in_rows
from langgeom.figures.scatter import CROWDED, draw_texts, families_of, fit_words
from langgeom.figures.style import Look, Page, page
from langgeom.languages import label, language

MEASURE = "morphemes_per_word"
# The numbers: texts, pairs, and what was fitted to them (`shown`); a fit's `n` counts texts, a difference's relatives.
COLUMNS = (
    "shown", "model", "kind", "init", "corpus", "text", "relative", "family", "metric", "over", "layers", "value", "low",
    "high", "n", "measure", "x", "x_low", "x_high", "relative_value", "slope", "intercept", "r", "r_p", "rho", "rho_p",
)  # fmt: skip
ABOUT = ["model", "kind", "init", "corpus", "metric", "over"]
HEIGHT = 3.3
DARK, LINK = "#333333", "#AAAAAA"


class Content(NamedTuple):
    """What is drawn, per model: a row per text (`medians`), per text and measure (`every`), and per pair of relatives."""

    medians: pd.DataFrame
    every: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def points(self) -> pd.DataFrame:
        return self.every[self.every["measure"] == MEASURE]

    @property
    def order(self) -> list[tuple[str, str]]:
        """Return the pairs of texts, from top to bottom."""
        return list(dict.fromkeys(zip(self.pairs["text"], self.pairs["relative"], strict=True)))


class Difference(NamedTuple):
    """A mean difference, its 95 % t interval (missing for fewer than two relatives), and the number of relatives."""

    mean: float
    low: float
    high: float
    n: int


def mean_difference(pairs: pd.DataFrame) -> Difference:
    """Return the mean difference of low- less high-resource language; pairs that share a relative are averaged first.

    They are not independent: Awadhi, Bhojpuri and Magahi are all compared with the same Hindi.

    Args:
        pairs: one row per pair: `value`, `relative_value`, and `relative`, which says what pairs share.
    """
    differences = (pairs["value"] - pairs["relative_value"]).groupby(pairs["relative"]).mean()
    means = differences.dropna().to_numpy(dtype=float)
    return Difference(float(means.mean()) if len(means) else float("nan"), *mean_interval(means), len(means))


@figure(
    "id_morphology",
    alias="fig04",
    title="Intrinsic dimension, morphology and resources",
    caption="Intrinsic dimension, the median over layers, against morphemes per word, and in pairs of closely related "
    "languages of which one has few resources. Does either go with the dimension?",
    metrics=("id",),
    tables=("metrics", "texts"),
)
def id_morphology(figure: Figure, metrics: pd.DataFrame, texts: pd.DataFrame, settings: Settings) -> Drawing:
    """Draw a column per trained model: languages by morphemes per word above, pairs of related languages below."""
    values = main_models(medians(metrics, settings.id, settings))
    values = values[values["corpus"].isin(texts["corpus"])].reset_index(drop=True)
    if values["value"].notna().sum() == 0:
        reason = f"no text of the languages has '{settings.id}' from {LEAST} points or more in every layer."
        return nothing(figure.title, reason, COLUMNS)
    values["family"] = [language(lang).family for lang in values["lang"]]
    content = Content(values, _with_measures(values, texts), _pairs(values))
    if content.points.empty and content.pairs.empty:
        reason = f"no text has '{MEASURE}', which needs spaces between words, and no two languages of a corpus are related."
        return nothing(figure.title, reason, COLUMNS)
    rows = main_models(by_layer(metrics, settings.id))
    return Drawing(_sheet(figure.title, content, _note(content, rows, settings), settings).figure, _numbers(content))


def _sheet(title: str, content: Content, note: str, settings: Settings) -> Page:
    """Draw blocks of up to three models: a row of scatter plots and a row of pairs; one of them may have nothing to show."""
    points, pairs, order, texts = content.points, content.pairs, content.order, list(content.medians["text"].unique())
    looks = families_of(points["text"].unique())
    rungs = _rungs(order, texts)
    blocks = in_rows(panels(content.medians))
    kinds = [kind for kind, here in (("points", len(points)), ("pairs", len(order))) if here]
    heights = {"points": HEIGHT, "pairs": 0.22 * len(order) + 0.2}
    sheet = page(
        title, note, [[panel is not None for panel in block] for block in blocks for _ in kinds], 3.3,
        [heights[kind] for _ in blocks for kind in kinds], left=max([0.75, *(0.3 + 0.066 * len(rung) for rung in rungs)]),
        gap=0.65, legend=_legend(looks, bool(order)), legend_title="Family" if looks else "", above=1.1 if looks else 0.9,
    )  # fmt: skip
    axis = f"{definition(settings.id).axis}, {MEDIAN}"
    rows = iter(sheet.axes)
    for block, kind in ((block, kind) for block in blocks for kind in kinds):
        for column, (panel, axes) in enumerate(zip(block, next(rows), strict=True)):
            if panel is None or axes is None:
                continue
            heading = title_of(panel, content.medians)
            if kind == "points":
                shown = rows_of(points, panel)[["text", "x", "x_low", "x_high", "value"]].rename(columns={"value": "y"})
                fit = draw_texts(axes, shown.reset_index(drop=True), looks, settings.reference, texts)
                axes.set_title(f"{heading}\n{fit_words(fit)}", loc="left", linespacing=1.3)
                axes.set_xlabel("Morphemes per word (Morfessor)")
                axes.set_ylabel("" if column else axis)
            else:
                line = _dumbbells(axes, rows_of(pairs, panel), order, rungs)
                axes.set_title(line if "points" in kinds else f"{heading}\n{line}", loc="left", linespacing=1.3)
                axes.tick_params(labelleft=not column)
                axes.set_xlabel(axis)
    return sheet


def _numbers(content: Content) -> pd.DataFrame:
    """Return all that is drawn, and the fits to every measure of texts."""
    parts = [content.every.assign(shown="text"), content.pairs.assign(shown="pair")]
    for panel in panels(content.medians):
        about = rows_of(content.medians, panel).iloc[0][ABOUT].to_dict()
        for measure, points in content.every.groupby("measure"):
            fit = fit_line(*(rows_of(points, panel)[name] for name in ("x", "value")))
            fields = {name: getattr(fit, name) for name in ("slope", "intercept", "r", "r_p", "rho", "rho_p", "n")}
            parts.append(pd.DataFrame([about | fields | {"shown": "fit", "measure": measure}]))
        if content.order:
            mean, low, high, n = mean_difference(rows_of(content.pairs, panel))
            row = {"shown": "mean difference", "value": mean, "low": low, "high": high, "n": n}
            parts.append(pd.DataFrame([about | row]))
    drawn = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return drawn.reindex(columns=list(COLUMNS)).astype({"layers": "Int16", "n": "Int32"})


def _with_measures(medians: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """Return a row per model, text and measure if both have a value."""
    known = texts[np.isfinite(texts["value"])].rename(columns={"value": "x", "low": "x_low", "high": "x_high"})
    both = medians.merge(known[["corpus", "text", "measure", "x", "x_low", "x_high"]], on=["corpus", "text"])
    return both[both["value"].notna()].reset_index(drop=True)


def _pairs(medians: pd.DataFrame) -> pd.DataFrame:
    """Return a row per model and pair of related texts that both have a value; `value` is the low-resource language's."""
    rows = []
    for (_, corpus), part in medians[medians["value"].notna()].groupby(["model", "corpus"], sort=False):
        values = part.set_index("text")
        for low, high in related_texts(part["text"]):
            row = values.loc[low].to_dict() | {"text": low, "relative": high, "corpus": corpus}
            row["n"] = min(values.at[low, "n"], values.at[high, "n"])
            rows.append(row | {"relative_value": values.at[high, "value"]})
    return pd.DataFrame(rows, columns=[*medians.columns, "relative", "relative_value"])


def _rungs(order: Sequence[tuple[str, str]], texts: Sequence[str]) -> list[str]:
    """Name pairs by their languages, and by their script if a pair of languages occurs in two."""
    bare = [" – ".join(label(text, texts, with_script=False) for text in pair) for pair in order]
    full = [" – ".join(label(text, texts) for text in pair) for pair in order]
    return [long if bare.count(short) > 1 else short for short, long in zip(bare, full, strict=True)]


def _dumbbells(axes: Axes, pairs: pd.DataFrame, order: Sequence[tuple[str, str]], rungs: Sequence[str]) -> str:
    """Draw one row per pair, the low-resource language's value joined to its relative's; return the mean difference."""
    for pair in pairs.itertuples():
        y = len(order) - 1 - order.index((pair.text, pair.relative))
        axes.plot([pair.value, pair.relative_value], [y, y], color=LINK, lw=1.6, solid_capstyle="butt", zorder=1)
        axes.plot(pair.relative_value, y, "s", color=DARK, ms=5, mew=0)
        axes.plot(pair.value, y, "o", color=DARK, ms=5.4, mfc="white", mew=1.4)
    axes.set_yticks(range(len(order)), list(reversed(rungs)))
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.margins(x=0.08)
    axes.tick_params(axis="y", length=0)
    mean, low_end, high_end, n = mean_difference(pairs)
    if not n:
        return "No pair has a value."
    interval = f" [{low_end:.2f}, {high_end:.2f}]" if n > 1 else ""
    return f"Low − high: {mean:+.2f}{interval}, n = {n}".replace("-", "−")


def _legend(looks: dict[str, Look], pairs: bool) -> list[Line2D]:
    def mark(name: str, **look: Any) -> Line2D:
        return Line2D([], [], ls="", label=name, **look)

    families = [mark(name, color=look.colour, marker=look.marker, ms=5) for name, look in looks.items()]
    low = mark("low-resource", color=DARK, marker="o", mfc="white", mew=1.4, ms=5.4)
    high = mark("high-resource", color=DARK, marker="s", mew=0, ms=5)
    return families + ([mark(""), low, high] if families else [low, high]) * pairs


def _note(content: Content, rows: pd.DataFrame, settings: Settings) -> str:
    medians, points = content.medians, content.points
    texts = medians["text"].nunique()
    wordless = texts - points["text"].nunique()
    languages = points["lang"].nunique()
    several = f" n counts texts, of {languages} languages." if languages < points["text"].nunique() else ""
    crowded = points.groupby(["model", "corpus"])["text"].nunique().max() >= CROWDED
    bars = " (intervals in the CSV)" if crowded else "; bars: 95 % bootstrap intervals over sentences, the model kept"
    sentences = [
        f"Each value is the {MEDIAN}; it has no interval, since layers share their sentences.",
        "Morphemes: morphs of Morfessor Baseline, trained on the text's own words"
        f"{bars}. Line: least squares, 95 % band; r: Pearson, ρ: Spearman.{several} The CSV has the same "
        "fits for other measures of texts." if len(points) else "",
        f"Not above: {wordless} of {texts} texts, for want of spaces between words or of points." if wordless else "",
        "Below: the mean difference, 95 % t interval, pairs that share a high-resource language averaged first (n counts these "
        "languages); a pair is in one script." if content.order else "No two languages of a corpus are in a pair of relatives.",
    ]  # fmt: skip
    return footnote(settings.id, rows[rows["layer"] > 0], "", *filter(None, sentences))
