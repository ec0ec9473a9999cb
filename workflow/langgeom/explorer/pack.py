"""The tables in the form that the page reads: facts as JSON, and the numbers of each quantity as a block of bytes.

A *series* is a (model, corpus, text). Quantities with layers have one cell per layer of the series' model, from layer 0; others
have one cell per series. A block holds, one after the other and little-endian, `value`, `low` and `high` (float32, NaN =
missing), one number per cell, and `n` (int32, -1 = missing), per cell or, where all layers of each series have the same n, per
series. So a quantity of 200 texts, 8 models and 33 layers takes 0.65 MB, and the page decodes a block when it is first needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import to_hex
from scipy.stats import norm

from langgeom.analysis.definitions import definition, layer_axis
from langgeom.analysis.rows import LEAST, in_order, of_languages
from langgeom.analysis.space import DRAWN, complete_layers, maps
from langgeom.analysis.statistics import LEVEL
from langgeom.figures.style import MARKERS, UNKNOWN_LOOK, Look, family_looks, language_looks, script_look
from langgeom.languages import label, language, script
from langgeom.metrics.catalogue import METRICS
from langgeom.names import CORRECT, TextName, corpora_of_pairs

NUMBERS = ("value", "low", "high")
SERIES = ["model", "corpus", "text"]
NEAREST = 10  # of each text on a map; all pairs of 200 texts in 8 models would take 10 MB
NO_CLASS = "no class"
DIMENSION, SPREAD, NEARNESS, BETWEEN, HEAD, TEXT, QUALITY, OTHER = (
    "Intrinsic dimension", "Anisotropy", "Nearness to the reference", "From layer to layer", "What the head reads",
    "Text and tokenizer", "Quality of the model", "Other metrics",
)  # fmt: skip
# The kinds of quantities, in the order of the page, with what it says of each.
GROUPS = {
    DIMENSION: "Intrinsic dimension: how many numbers would place a vector within its cloud. Estimators differ in what they "
    "assume, in the scale they look at and in how the number of vectors moves them. So compare languages under one estimator.",
    SPREAD: "Anisotropy: low where vectors spread alike in all directions, high where they lie along one. A few outlying "
    "dimensions, or many unknown tokens, are enough to raise it.",
    NEARNESS: "How near a text is to its translation in the reference, which itself has no value here. Chance depends on the "
    "number of sentences, and near chance a difference between languages means nothing.",
    BETWEEN: "How much of a layer a linear map of the layer before it gives. The map is judged by the vectors it is fitted to, "
    "so few vectors in many dimensions come out near 1 by chance.",
    HEAD: "What a decoder's own final norm and head read off each layer: the loss of the next token, the entropy, and whose "
    "tokens are expected. Early layers are not written for the head, so there it may read noise.",
    TEXT: "One value for a text, whatever the layer. Characters and words hold different amounts in different scripts, and "
    "scripts without spaces between words have no value where words are counted.",
    QUALITY: "How good the model is in the language. Scores from different sources are never mixed on one axis.",
    OTHER: "",
}


def pack(
    metrics: pd.DataFrame,
    texts: pd.DataFrame | None = None,
    quality: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    *,
    reference: str,
    first: str,
    final_norm: bool,
) -> tuple[dict[str, Any], list[bytes]]:
    """Pack tables for the page.

    Args:
        metrics: rows of `table.METRICS`; they determine the models, corpora and texts of the page.
        texts, quality, pairs: rows of `table.TEXTS`, `table.QUALITY` and `table.PAIRS`.
        reference: the text that others are compared with; in corpora of pairs, that is `names.CORRECT`.
        first: the metric that the page opens with, if the table has it. Its values need `LEAST` points, as in figures.
        final_norm: whether the last layer is taken after the final norm.

    Returns:
        The facts, and a block for each of `facts["quantities"]`.
    """
    layers = metrics.groupby("model", sort=False)["layer"].max().fillna(0).astype("int64") + 1
    series = metrics[["kind", "init", *SERIES]].drop_duplicates(ignore_index=True)
    series = in_order(series.assign(layers=series["model"].map(layers)), "text")
    names = list(series["text"].unique())
    of_grammar = corpora_of_pairs(series["corpus"], series["text"])
    references = {corpus: CORRECT if corpus in of_grammar else reference for corpus in sorted(set(series["corpus"]))}
    # A text's nearness to itself says nothing, so the reference has no value there.
    itself = metrics["metric"].map(_to_reference) & (metrics["text"] == metrics["corpus"].map(references))
    quantities: list[dict[str, Any]] = []
    blocks: list[bytes] = []
    found = (*_metrics(metrics[~itself], label(reference, names)), *_measures(texts), *_qualities(quality))
    for about, rows, by in sorted(found, key=lambda quantity: _place(quantity[0])):
        block, n_by_cell = _block(series, rows, by, about["layers"])
        least = LEAST if about["metric"] == first else 0
        near = _to_reference(about["metric"])
        log = about["group"] == DIMENSION or about["metric"].startswith("kl_")
        quantities.append({**about, "n_by_cell": n_by_cell, "least": least, "to_reference": near, "log": log})
        blocks.append(block)
    shown = _facts(series)
    facts = {
        "references": references,
        "first": first,
        "layer_axis": layer_axis(final_norm),
        # Reaches of 95 % intervals: of one, and of one among as many as there are quantities (Bonferroni).
        "reaches": [float(norm.ppf(1 - LEVEL / 2 / number)) for number in (1, max(1, len(quantities) - 1))],
        **shown,
        "looks": _looks(names),
        "maps": {} if pairs is None else _maps(pairs, [text["text"] for text in shown["texts"]]),
        "groups": GROUPS,
        "quantities": quantities,
    }
    return facts, blocks


def _to_reference(metric: str) -> bool:
    """Return whether a metric compares a text with the reference."""
    return metric in METRICS and METRICS[metric].input.startswith("aligned")


def _group(metric: str) -> str:
    if metric.startswith(("id_", "skdim_", "effective_rank")):
        return DIMENSION
    if metric.startswith(("anisotropy", "mean_cosine", "isoscore", "massive", "variance", "cosine")):
        return SPREAD
    kind = METRICS[metric].input if metric in METRICS else ""
    return NEARNESS if _to_reference(metric) else {"adjacent_layers": BETWEEN, "lens": HEAD, "text": TEXT}.get(kind, OTHER)


def _place(about: dict[str, Any]) -> tuple[int, int]:
    """Return where a quantity comes on the page: by group, then in the order of the catalogue."""
    names = list(METRICS)
    return list(GROUPS).index(about["group"]), names.index(about["metric"]) if about["metric"] in names else len(names)


# A quantity's facts, its rows, and the columns that say which series a row is for.
Quantity = tuple[dict[str, Any], pd.DataFrame, list[str]]


def _metrics(metrics: pd.DataFrame, reference: str) -> Iterator[Quantity]:
    several = metrics.groupby("metric")["over"].nunique()
    for (metric, over), rows in metrics.groupby(["metric", "over"], sort=True):
        name, about, _ = definition(metric, reference)
        if name == metric:
            name = _titled(metric)
            if metric in METRICS:
                # "Bits per character: sum of ..." begins with a name.
                about = METRICS[metric].about
                title = about.partition(":")[0]
                name = title if len(title) <= 44 else name
        name += f", over {over}s" if several[metric] > 1 else ""
        layers = bool(rows["layer"].notna().any())
        yield _about(_group(metric), metric, name, about, f"{metric}/{over}", over, layers), rows, SERIES


def _measures(texts: pd.DataFrame | None) -> Iterator[Quantity]:
    for measure, rows in () if texts is None else texts.groupby("measure", sort=True):
        name, about = _titled(measure), "A measure of the text alone; no model is involved."
        yield _about(TEXT, measure, name, about, f"text/{measure}"), rows, ["corpus", "text"]


def _qualities(quality: pd.DataFrame | None) -> Iterator[Quantity]:
    """Yield each quality by its origin and harness, which must not be mixed on one axis."""
    if quality is None:
        return
    named = quality.assign(harness=quality["harness"].fillna(""))
    for (measure, *origin), rows in named.groupby(["quality", "origin", "harness"], sort=True):
        whose = list(filter(None, origin))
        name = f"{_titled(measure)} ({', '.join(whose)})"
        about = f"How good the model is in the language: {measure}, {', '.join(whose)}."
        # A score that was not measured on a corpus is for the text in every corpus.
        for some, by in ((rows[rows["corpus"].notna()], SERIES), (rows[rows["corpus"].isna()], ["model", "text"])):
            if len(some):
                yield _about(QUALITY, measure, name, about, "/".join(("quality", measure, *whose))), some, by


def _titled(name: str) -> str:
    """Return a metric's name as a reader writes it: kl_length is KL length."""
    words = name.replace("mattr", "moving-average type-token ratio").replace("_", " ")
    words = re.sub(r"\b(kl|id|mmlu)\b", lambda found: found[0].upper(), words)
    return words[:1].upper() + words[1:]


def _about(group: str, metric: str, name: str, about: str, id: str, over: str = "text", layers: bool = False) -> dict[str, Any]:
    return {"id": id, "group": group, "metric": metric, "over": over, "layers": layers, "name": name, "about": about}


def _block(series: pd.DataFrame, rows: pd.DataFrame, by: list[str], layers: bool) -> tuple[bytes, bool]:
    """Return a quantity's numbers as bytes, and whether `n` has one number per cell (else per series)."""
    if layers:
        rows = rows[rows["layer"].notna()]
    # A row goes to every series that agrees with it in `by`.
    rows = rows[[*by, *NUMBERS, "n", *(["layer"] if layers else [])]]
    rows = rows.merge(series[by].assign(series=np.arange(len(series))), on=by)
    index = rows["series"].to_numpy()
    size, cells = len(series), index
    if layers:
        ends = series["layers"].cumsum().to_numpy(dtype=np.int64)
        size, cells = int(ends[-1]), (ends - series["layers"].to_numpy())[index] + rows["layer"].to_numpy(dtype=np.int64)
    parts = [_spread(rows[column].to_numpy(dtype=np.float64).astype("<f4"), cells, size, np.nan) for column in NUMBERS]
    n = rows["n"].fillna(-1).to_numpy(dtype="<i4")
    by_series = _spread(n, index, len(series), -1)
    by_cell = bool((by_series[index] != n).any())
    parts.append(_spread(n, cells, size, -1) if by_cell else by_series)
    return b"".join(part.tobytes() for part in parts), by_cell


def _spread(numbers: np.ndarray, places: np.ndarray, size: int, missing: float) -> np.ndarray:
    """Return an array of `size` that holds numbers at their places."""
    spread = np.full(size, missing, dtype=numbers.dtype)
    spread[places] = numbers
    return spread


def _facts(series: pd.DataFrame) -> dict[str, Any]:
    """Return the models, corpora and texts, and each series as its positions in these lists."""
    models = series[["model", "kind", "init", "layers"]].drop_duplicates().rename(columns={"model": "name"})
    labels = {text: label(text, series["text"].unique()) for text in series["text"].unique()}
    # Texts are listed by their labels, as a reader looks for them.
    texts = sorted(labels, key=lambda text: (labels[text].casefold(), text))
    listed = {"model": list(models["name"]), "corpus": sorted(set(series["corpus"])), "text": texts}
    return {
        "models": models.to_dict("records"),
        "corpora": listed["corpus"],
        "texts": [_text(text, labels[text]) for text in texts],
        "series": {name: pd.Index(values).get_indexer(series[name]).tolist() for name, values in listed.items()},
    }


def _maps(pairs: pd.DataFrame, texts: list[str]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the maps of each model and corpus, by layer, with the nearest of each text and their intervals.

    Texts are places in `texts`. `near` has, for each text of a map, (place, value, low, high) from the nearest on.
    """
    place, found = {text: number for number, text in enumerate(texts)}, dict[str, dict[str, list[dict[str, Any]]]]()
    rows = of_languages(pairs[(pairs["metric"] == DRAWN) & pairs["text"].isin(texts) & pairs["other"].isin(texts)])
    for (model, corpus), own in rows.groupby(["model", "corpus"]):
        layers = complete_layers(own)
        for (layer, there, some), (points, stress) in zip(layers, maps(layers), strict=True):
            both = pd.concat([some, some.rename(columns={"text": "other", "other": "text"})])
            both = both.sort_values(["value", "other"], ascending=[False, True])
            near = {
                text: [[place[other], *(None if pd.isna(one) else round(one, 4) for one in ends)]
                       for other, *ends in nearest[["other", *NUMBERS]].itertuples(index=False)]
                for text, nearest in both.groupby("text").head(NEAREST).groupby("text")
            }  # fmt: skip
            x, y = points.round(4).T.tolist()
            found.setdefault(model, {}).setdefault(corpus, []).append({
                "layer": layer, "n": int(some["n"].iloc[0]), "stress": round(stress, 4), "x": x, "y": y,
                "texts": [place[text] for text in there], "near": [near[text] for text in there],
            })  # fmt: skip
    return found


def _text(text: str, shown: str) -> dict[str, Any]:
    name = TextName.parse(text)
    spoken, written = language(name.lang), script(name.script)
    return {
        "text": text, "label": shown, "lang": name.lang, "variant": name.variant, "script": name.script,
        "script_name": written.name, "dir": "rtl" if written.direction == "rtl" else "ltr",
        "family": spoken.family, "resource": NO_CLASS if spoken.resource is None else f"class {spoken.resource}",
    }  # fmt: skip


def _looks(names: list[str]) -> dict[str, dict[str, list[Any]]]:
    """Return colour, marker and dashes (empty = solid) of each script, family, resource class and text, as in the figures."""
    parsed = [TextName.parse(name) for name in names]
    looks: dict[str, dict[str, Look]] = {
        "script": {code: script_look(code) for code in sorted({name.script for name in parsed})},
        "family": family_looks([name.lang for name in parsed]),
        "resource": {NO_CLASS: UNKNOWN_LOOK}
        | {f"class {at}": Look(to_hex(colormaps["plasma"](0.12 * at)), MARKERS[at]) for at in range(6)},
        "text": language_looks(names),
    }
    return {
        by: {key: [look.colour, look.marker, [] if look.dash == "-" else list(look.dash[1])] for key, look in some.items()}
        for by, some in looks.items()
    }
