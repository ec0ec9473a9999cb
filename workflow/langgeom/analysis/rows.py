"""Rows of the table of metrics: select one metric, put models in order, name panels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from langgeom.languages import language
from langgeom.names import corpora_of_pairs, made_from

# A model on a corpus.
Panel = tuple[str, str]
PANEL = ["model", "corpus"]
# Columns of the numbers in figures that show one value per text and layer.
NUMBERS = ("model", "kind", "init", "corpus", "text", "lang", "script", "family", "layer", "metric", "over", "value",
           "low", "high", "n")  # fmt: skip
KINDS = {"decoder": 0, "encoder": 1}
# The intrinsic dimension is a slope through the distances of nearest neighbours: fewer points than this say little.
LEAST = 100
# A text is left out of comparisons with more unknown and fragment tokens than this, or fewer of the reference's tokens.
MOST_UNREADABLE, LEAST_TOKENS = 0.05, 0.8


def of_languages(table: pd.DataFrame, made: bool = False) -> pd.DataFrame:
    """Drop the corpora of sentence pairs (grammatical and ungrammatical) and, unless `made`, texts made from others.

    A table without texts stays as it is.
    """
    if not {"corpus", "text"} <= set(table.columns):
        return table
    out = table["corpus"].isin(corpora_of_pairs(table["corpus"], table["text"]))
    if not made:
        for column in {"text", "other"} & set(table.columns):
            out |= table[column].isin([text for text in table[column].dropna().unique() if made_from(text) is not None])
    return table[~out].reset_index(drop=True)


def left_out(table: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the texts that are left out of comparisons between languages: columns `model`, `corpus`, `text`, `reason`.

    What sets such a text apart may be the tokenizer and not the language: over 5 % of its tokens are unknown or no whole
    character, or it has fewer than 80 % of the reference's tokens (of the largest text's, where the reference is not measured).

    Args:
        table: the table of metrics.
        reference: the text that others are compared with.
    """
    rows, key = of_languages(table, made=True), [*PANEL, "text"]
    shares = rows[rows["metric"].isin(["unknown_tokens", "fragment_tokens"])].groupby(key)["value"].sum()
    tokens = rows[(rows["over"] == "token") & rows["n"].notna()]
    tokens = (tokens["n"] + tokens["dropped"].fillna(0)).astype(float).groupby([tokens[column] for column in key]).max()
    most = tokens.groupby(PANEL).transform("max")
    own = tokens.where(tokens.index.get_level_values("text") == reference).groupby(PANEL).transform("max").fillna(most)
    found = {at: f"{100 * share:.0f} % unknown or fragment tokens" for at, share in shares.items()
             if share > MOST_UNREADABLE}  # fmt: skip
    for at in tokens.index[tokens < LEAST_TOKENS * own]:
        found.setdefault(at, f"{tokens[at]:,.0f} tokens, of {own[at]:,.0f} in the reference")
    return pd.DataFrame([(*at, reason) for at, reason in sorted(found.items())], columns=[*key, "reason"])


def comparable(table: pd.DataFrame, reference: str, made: bool = False) -> pd.DataFrame:
    """Return the rows `of_languages` without those of texts that are `left_out`."""
    rows, key = of_languages(table, made), [*PANEL, "text"]
    out = pd.MultiIndex.from_frame(left_out(table, reference)[key])
    return rows[~pd.MultiIndex.from_frame(rows[key]).isin(out)].reset_index(drop=True)


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
