"""Choosing rows of the table: one metric by layer, models in order, texts in two scripts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from langgeom.languages import language
from langgeom.names import TextName, corpora_of_pairs

__all__ = ["DIGITS", "LEAST", "NEGLIGIBLE", "NUMBERS", "by_layer", "main_models", "numbers", "of_languages", "panels",
           "reliable", "resolved", "tied", "title_of", "twins", "two_scripts"]  # fmt: skip

# Columns of the numbers drawn in figures of one value a text and layer.
NUMBERS = ("model", "kind", "init", "corpus", "text", "lang", "script", "family", "layer", "metric", "over", "value",
           "low", "high", "n")  # fmt: skip
KINDS = {"decoder": 0, "encoder": 1}
# Intrinsic dimension is a slope through the nearest neighbours' distances: from fewer points it says little.
LEAST = 100
# Nats. A divergence below says that both sentences have the same softmax, not how near they are.
NEGLIGIBLE = 1e-6
# Digits of a divergence that are more than rounding: where softmaxes are one-hot, all texts agree to more digits than that.
DIGITS = 4
# Two texts may agree by chance, or since a language's two scripts make no difference.
LEAST_TIED = 3


def of_languages(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are not of a corpus of grammatical and ungrammatical text; tables without texts stay as they are."""
    if not {"corpus", "text"} <= set(table.columns):
        return table
    return table[~table["corpus"].isin(corpora_of_pairs(table["corpus"], table["text"]))].reset_index(drop=True)


def by_layer(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric's rows that have a layer and a value, over tokens where it is measured so, else over sentences.

    Models come decoders first, then by name; texts by name.
    """
    rows = table[(table["metric"] == metric) & table["layer"].notna() & np.isfinite(table["value"])]
    for over in ("token", "sentence"):
        if (rows["over"] == over).any():
            rows = rows[rows["over"] == over]
            break
    order = rows["kind"].map(KINDS).fillna(len(KINDS))
    rows = rows.assign(order=order, layer=rows["layer"].astype("int64"))
    return rows.sort_values(["order", "model", "corpus", "text", "layer"], ignore_index=True).drop(columns="order")


def reliable(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows whose values rest on `LEAST` points or more, and a sentence on those that do not ("" where none)."""
    enough = rows["n"].fillna(LEAST) >= LEAST
    few = int((~enough).sum())
    return rows[enough], f"Not drawn: {few} value{'s' * (few > 1)} with n below {LEAST}; see the CSV." if few else ""


def resolved(divergences: pd.Series) -> pd.Series:
    """Round divergences to their significant digits, so that those which differ by rounding alone are equal."""
    return divergences.map(lambda value: float(f"{value:.{DIGITS}g}")).astype("float64")


def tied(divergences: pd.Series) -> int:
    """Return how many texts share their divergence with another, after `resolved`, where that is over half of them; else 0."""
    shared = int(resolved(divergences).duplicated(keep=False).sum())
    return shared if shared >= LEAST_TIED and shared > len(divergences) / 2 else 0


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of NUMBERS of rows that `by_layer` chose."""
    return rows.assign(family=[language(lang).family for lang in rows["lang"]])[list(NUMBERS)]


def main_models(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of trained models; all rows where no model is trained."""
    trained = rows[rows["init"] == "trained"]
    return trained if len(trained) else rows


def panels(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return each (model, corpus) in the rows' order."""
    return list(dict.fromkeys(zip(rows["model"], rows["corpus"], strict=True)))


def title_of(panel: tuple[str, str], rows: pd.DataFrame) -> str:
    """Name a panel: the model, and the corpus where there are several."""
    return panel[0] if rows["corpus"].nunique() == 1 else f"{panel[0]} · {panel[1]}"


def twins(rows: pd.DataFrame) -> list[tuple[tuple[str, str] | None, tuple[str, str] | None]]:
    """Pair every trained (model, corpus) with its untrained twin: (trained, untrained), None where one lacks.

    The table does not say whose twin a model is; taken is the untrained model on the same corpus, of the same kind and
    number of layers, whose name begins with the trained model's, and with that of no other such model that is longer
    ("bert-base-multilingual-untrained" is no twin of "bert-base").
    """
    shape = rows.groupby("model").agg(kind=("kind", "first"), init=("init", "first"), layers=("layer", "max"))
    every = panels(rows)
    untrained = [panel for panel in every if shape.at[panel[0], "init"] == "untrained"]
    pairs: list[tuple[tuple[str, str] | None, tuple[str, str] | None]] = []
    left = list(untrained)
    trained = [model for model in shape.index if shape.at[model, "init"] != "untrained"]
    for model, corpus in (panel for panel in every if panel not in untrained):
        found = [(other, where) for other, where in left if where == corpus and _whose(other, trained, shape) == model]
        twin = min(found, key=lambda panel: len(panel[0]), default=None)
        if twin:
            left.remove(twin)
        pairs.append(((model, corpus), twin))
    return pairs + [(None, panel) for panel in left]


def _whose(untrained: str, trained: list[str], shape: pd.DataFrame) -> str | None:
    """Return the longest name of a trained model of an untrained model's shape that its name begins with."""
    same = shape.loc[untrained, ["kind", "layers"]]
    names = [model for model in trained if untrained.startswith(model) and (shape.loc[model, ["kind", "layers"]] == same).all()]
    return max(names, key=len, default=None)


def two_scripts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of texts whose language and variant the rows hold in two scripts or more."""
    names = {text: TextName.parse(text) for text in rows["text"].unique()}
    scripts: dict[tuple[str, str], set[str]] = {}
    for name in names.values():
        scripts.setdefault((name.lang, name.variant), set()).add(name.script)
    paired = [text for text, name in names.items() if len(scripts[name.lang, name.variant]) > 1]
    return rows[rows["text"].isin(paired)].reset_index(drop=True)
