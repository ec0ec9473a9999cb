"""Quality measured on the corpus itself, from the table of metrics: retrieval accuracy and bits per character."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from langgeom.names import TextName, corpora_of_pairs

__all__ = ["best_layers", "measured"]

Row = dict[str, Any]


def measured(metrics: pd.DataFrame, reference: str) -> list[Row]:
    """Return the rows of quality that the metrics hold, of every model, trained or not, in corpora of languages.

    `retrieval` is the accuracy at the layer that `best_layers` chooses; the reference language's own texts, where it is 1
    or near it by construction, are left out. `bpc` is the bits per character of the text (lower is better). Both keep the
    table's bootstrap interval and its n. Chance of retrieval is 1 / n.

    Args:
        metrics: the table of metrics.
        reference: name of the text that retrieval looks in.
    """
    metrics = metrics[~metrics["corpus"].isin(corpora_of_pairs(metrics["corpus"], metrics["text"]))]
    rows = []
    best = best_layers(metrics, reference)
    last = metrics.groupby(["model", "corpus"])["layer"].max()
    for row in _retrieval(metrics, reference).to_dict("records"):
        where = row["model"], row["corpus"]
        if best.get(where) == row["layer"]:
            rows.append(_row(row, "retrieval", f"layer {row['layer']} of {last[where]}, the best on average over languages"))
    bits = metrics[(metrics["metric"] == "bpc") & np.isfinite(metrics["value"])]
    return rows + [_row(row, "bpc", "summed loss over summed characters") for row in bits.to_dict("records")]


def best_layers(metrics: pd.DataFrame, reference: str) -> dict[tuple[str, str], int]:
    """Return, for each model and corpus, the layer whose retrieval accuracy is highest on average over the languages.

    One layer, not the mean over layers: the mean would say at how many layers a model aligns languages, and falls with every
    layer that serves something else (the embeddings, the last ones before the vocabulary); and one layer's interval is the
    table's own. The layer is chosen for all languages together, so it favours none; choosing the best of some layers
    lifts the level slightly, for all languages alike. Of layers that tie, the first; only layers where every language has a
    value are asked.
    """
    rows = _retrieval(metrics, reference)
    found: dict[tuple[str, str], int] = {}
    for (model, corpus), values in rows.groupby(["model", "corpus"], sort=True):
        table = values.pivot_table(index="layer", columns="text", values="value").sort_index()
        means = table.dropna().mean(axis=1)
        if len(means):
            # Rounded, so that layers equal but for the order of a sum tie.
            found[str(model), str(corpus)] = int(means.round(12).idxmax())
    return found


def _retrieval(metrics: pd.DataFrame, reference: str) -> pd.DataFrame:
    rows = metrics[(metrics["metric"] == "retrieval") & metrics["layer"].notna() & np.isfinite(metrics["value"])]
    own = TextName.parse(reference)
    return rows[(rows["lang"] != own.lang) | (rows["script"] != own.script)].astype({"layer": int})


def _row(row: Row, quality: str, source: str) -> Row:
    kept = {key: row[key] for key in ("model", "corpus", "text", "lang", "script", "value", "low", "high", "n")}
    return kept | {"quality": quality, "origin": "measured", "source": source}
