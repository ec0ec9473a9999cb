"""Rows of the table of metrics: select one metric, put models in order, name panels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from langgeom.languages import language
from langgeom.names import corpora_of_pairs

# A model on a corpus.
Panel = tuple[str, str]
PANEL = ["model", "corpus"]
# Columns of the numbers in figures that show one value per text and layer.
NUMBERS = ("model", "kind", "init", "corpus", "text", "lang", "script", "family", "layer", "metric", "over", "value",
           "low", "high", "n")  # fmt: skip
KINDS = {"decoder": 0, "encoder": 1}
# The intrinsic dimension is a slope through the distances of nearest neighbours: fewer points than this say little.
LEAST = 100


def of_languages(table: pd.DataFrame) -> pd.DataFrame:
    """Drop the corpora of sentence pairs (grammatical and ungrammatical); a table without texts stays as it is."""
    if not {"corpus", "text"} <= set(table.columns):
        return table
    return table[~table["corpus"].isin(corpora_of_pairs(table["corpus"], table["text"]))].reset_index(drop=True)


def in_order(rows: pd.DataFrame, *then: str) -> pd.DataFrame:
    """Sort rows by model and corpus, decoders before encoders, then by the columns `then`."""
    order = rows["kind"].map(KINDS).fillna(len(KINDS))
    return rows.assign(order=order).sort_values(["order", *PANEL, *then], ignore_index=True).drop(columns="order")


def by_layer(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric's rows that have a layer and a value, in order.

    A metric that was measured over tokens and over sentences is taken over tokens.
    """
    rows = table[(table["metric"] == metric) & table["layer"].notna() & np.isfinite(table["value"])]
    for over in ("token", "sentence"):
        if (rows["over"] == over).any():
            rows = rows[rows["over"] == over]
            break
    return in_order(rows.assign(layer=rows["layer"].astype("int64")), "text", "layer")


def reliable(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows with `LEAST` points or more, and a sentence about the others ("" if there are none)."""
    enough = rows["n"].fillna(LEAST) >= LEAST
    few = int((~enough).sum())
    return rows[enough], f"Not drawn: {few} value{'s' * (few > 1)} with n below {LEAST}; see the CSV." if few else ""


def main_models(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of trained models; all rows if no model is trained."""
    trained = rows[rows["init"] == "trained"]
    return trained if len(trained) else rows


def panels(rows: pd.DataFrame) -> list[Panel]:
    """Return each (model, corpus), in the order of the rows."""
    return list(dict.fromkeys(zip(rows["model"], rows["corpus"], strict=True)))


def rows_of(rows: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Return the rows of one model on one corpus."""
    return rows[(rows["model"] == panel[0]) & (rows["corpus"] == panel[1])]


def title_of(panel: Panel, rows: pd.DataFrame) -> str:
    """Name a panel: the model, and the corpus if the rows hold several."""
    return panel[0] if rows["corpus"].nunique() == 1 else f"{panel[0]} · {panel[1]}"


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns `NUMBERS` of rows from `by_layer`."""
    return rows.assign(family=[language(lang).family for lang in rows["lang"]])[list(NUMBERS)]


def counted(values: pd.Series) -> str:
    """Write the range of whole numbers: "384", "58 to 1,012"."""
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
