"""The tables as a page takes them: facts as JSON, numbers as blocks of float32, one block a quantity.

A *series* is a (model, corpus, text). Numbers of a series lie side by side: one for each layer of its model, from layer 0,
where the quantity has layers, else one. A block holds, one after the other and little-endian: `value`, `low`, `high`
(float32, NaN = missing), one number a cell, and `n` (int32, -1 = missing), one a cell, or one a series where it is the same in
all of the series' layers. So a quantity of 200 texts, 8 models and 33 layers takes 0.65 MB, and a page decodes only what is
looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from langgeom.analysis.definitions import definition, layer_axis
from langgeom.analysis.rows import LEAST, in_order
from langgeom.figures.style import family_looks, language_looks, script_look
from langgeom.languages import label, language, script
from langgeom.metrics.catalogue import METRICS
from langgeom.names import TextName

__all__ = ["Packed", "Series", "pack"]

NUMBERS = ("value", "low", "high")


@dataclass(frozen=True)
class Packed:
    """What a page holds: `facts` for JSON, and a block of bytes for each of `facts["quantities"]`."""

    facts: dict[str, Any]
    blocks: list[bytes]


@dataclass(frozen=True)
class Series:
    """All (model, corpus, text), sorted; `cells` is where each one's layers begin, with the total at the end."""

    table: pd.DataFrame
    cells: np.ndarray

    @classmethod
    def of(cls, metrics: pd.DataFrame) -> Series:
        """Number the series of a table of metrics: models as figures order them, texts by their names."""
        layers = metrics.groupby("model", sort=False)["layer"].max().fillna(0).astype("int64") + 1
        table = metrics[["model", "kind", "init", "corpus", "text"]].drop_duplicates(ignore_index=True)
        table = in_order(table.assign(layers=table["model"].map(layers)), "text")
        return cls(table, np.concatenate([[0], table["layers"].cumsum().to_numpy(dtype=np.int64)]))

    def find(self, rows: pd.DataFrame, by: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
        """Return which series each row is for, and the rows, repeated for all series that share its `by`."""
        numbered = self.table[by].assign(series=np.arange(len(self.table)))
        found = rows.merge(numbered, on=by, how="inner")
        return found["series"].to_numpy(), found


def pack(
    metrics: pd.DataFrame,
    texts: pd.DataFrame | None = None,
    quality: pd.DataFrame | None = None,
    *,
    reference: str = "eng_Latn",
    first: str = "id_microscope",
    final_norm: bool = True,
) -> Packed:
    """Pack tables for the page.

    Args:
        metrics: rows of `table.METRICS`; they say which models, corpora and texts there are.
        texts, quality: rows of `table.TEXTS` and `table.QUALITY`, where there are any.
        reference: the text that metrics are aligned to.
        first: the metric that the page opens with, where it is in the table.
        final_norm: whether the last layer is taken after the final norm.
    """
    series = Series.of(metrics)
    names = list(dict.fromkeys(series.table["text"]))
    reference_label = label(reference, names)
    quantities: list[dict[str, Any]] = []
    blocks: list[bytes] = []

    def add(rows: pd.DataFrame, by: list[str], **about: Any) -> None:
        block, by_cell = _block(series, rows, by, about["layers"])
        quantities.append({**about, "n_by_cell": by_cell})
        blocks.append(block)

    several = metrics.groupby("metric")["over"].nunique()
    for (metric, over), rows in metrics.groupby(["metric", "over"], sort=True):
        name, about = definition(metric, reference_label), METRICS.get(metric)
        known = name.axis != metric
        # "Bits per character: sum of ..." names itself.
        called = about.about.partition(":")[0] if about else metric
        called = called if len(called) <= 32 else metric.replace("_", " ")
        add(
            rows,
            ["model", "corpus", "text"],
            id=f"{metric}/{over}",
            kind="metric",
            metric=metric,
            over=over,
            layers=bool(rows["layer"].notna().any()),
            name=(name.axis if known else called) + (f", over {over}s" if several[metric] > 1 else ""),
            about=name.sentence if known or about is None else about.about,
        )
    for measure, rows in () if texts is None else texts.groupby("measure", sort=True):
        name = measure.replace("_", " ")
        add(
            rows, ["corpus", "text"], id=f"text/{measure}", kind="text", metric=measure, over="text", layers=False,
            name=name[:1].upper() + name[1:], about="A measure of the text itself, whatever the model.",
        )  # fmt: skip
    for (measure, origin, harness), rows in () if quality is None else _by_origin(quality):
        whose = ", ".join(filter(None, (origin, harness)))
        for by in (["model", "corpus", "text"], ["model", "text"]):
            some = rows[rows["corpus"].notna() == ("corpus" in by)]
            if len(some):
                add(
                    some, by, id="/".join(filter(None, ("quality", measure, origin, harness))), kind="quality", metric=measure,
                    over="text", layers=False, name=f"{measure.replace('_', ' ')} ({whose})",
                    about=f"How good the model is in the language: {measure}, {whose}.",
                )  # fmt: skip
    facts = {
        "reference": reference,
        "reference_label": reference_label,
        "first": first,
        "least": LEAST,
        "layer_axis": layer_axis(final_norm),
        **_facts(series),
        "looks": _looks(names),
        "quantities": quantities,
    }
    return Packed(facts, blocks)


def _by_origin(quality: pd.DataFrame) -> Any:
    """Group by what may stand on one axis: a quality, its origin and its harness."""
    return quality.assign(harness=quality["harness"].fillna("")).groupby(["quality", "origin", "harness"], sort=True)


def _block(series: Series, rows: pd.DataFrame, by: list[str], layers: bool) -> tuple[bytes, bool]:
    """Return a quantity's numbers as bytes, and whether `n` has one number a cell (else one a series)."""
    if layers:
        rows = rows[rows["layer"].notna()]
    index, rows = series.find(rows[[*by, *NUMBERS, "n", *(["layer"] if layers else [])]], by)
    count = int(series.cells[-1]) if layers else len(series.table)
    cells = series.cells[index] + rows["layer"].to_numpy(dtype=np.int64) if layers else index
    parts: list[np.ndarray] = []
    for column in NUMBERS:
        numbers = np.full(count, np.nan, dtype="<f4")
        numbers[cells] = rows[column].to_numpy(dtype=np.float64).astype("<f4")
        parts.append(numbers)
    n = rows["n"].fillna(-1).to_numpy(dtype="<i4")
    one = np.full(len(series.table), -1, dtype="<i4")
    one[index] = n
    by_cell = bool((one[index] != n).any())
    if by_cell:
        one = np.full(count, -1, dtype="<i4")
        one[cells] = n
    return b"".join(part.tobytes() for part in (*parts, one)), by_cell


def _facts(series: Series) -> dict[str, Any]:
    """Return the models, corpora and texts, and each series as their places in these lists."""
    table = series.table
    models = table.drop_duplicates("model")
    corpora = sorted(set(table["corpus"]))
    labels = {text: label(text, table["text"].unique()) for text in table["text"].unique()}
    # The page lists texts as a reader looks for them: by their labels.
    texts = sorted(labels, key=lambda text: (labels[text].casefold(), text))
    places = {name: {value: place for place, value in enumerate(values)}
              for name, values in (("model", list(models["model"])), ("corpus", corpora), ("text", texts))}  # fmt: skip
    return {
        "models": [
            {"name": row.model, "kind": row.kind, "init": row.init, "layers": int(row.layers)} for row in models.itertuples()
        ],
        "corpora": corpora,
        "texts": [_text(text, labels[text]) for text in texts],
        "series": {name: table[name].map(place).tolist() for name, place in places.items()},
    }


def _text(text: str, shown: str) -> dict[str, Any]:
    name = TextName.parse(text)
    known, written = language(name.lang), script(name.script)
    return {
        "text": text,
        "label": shown,
        "lang": name.lang,
        "variant": name.variant,
        "script": name.script,
        "script_name": written.name,
        "dir": "rtl" if written.direction == "rtl" else "ltr",
        "family": known.family,
    }


def _looks(names: list[str]) -> dict[str, dict[str, list[Any]]]:
    """Return how each script, family and text is drawn, as figures draw it: colour, marker, dashes (empty = solid)."""
    parsed = [TextName.parse(name) for name in names]
    looks = {
        "script": {code: script_look(code) for code in sorted({name.script for name in parsed})},
        "family": family_looks([name.lang for name in parsed]),
        "text": {text: look for text, look in zip(names, language_looks(names).values(), strict=True)},
    }
    return {
        by: {key: [look.colour, look.marker, [] if look.dash == "-" else list(look.dash[1])] for key, look in of.items()}
        for by, of in looks.items()
    }
