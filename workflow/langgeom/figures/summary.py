"""One value a text and model: what becomes of the layers where a figure compares languages, not layers."""

from __future__ import annotations

import pandas as pd

from langgeom.figures.frames import LEAST

__all__ = ["SUMMARISED", "median_over_layers"]

SUMMARISED = "median over layers 1 to last"
KEYS = ["model", "kind", "init", "corpus", "text", "lang", "script", "metric", "over"]


def median_over_layers(rows: pd.DataFrame) -> pd.DataFrame:
    """Take the median of each text's values over the layers after the embedding (index 1 and up), as the findings do.

    Layer 0 is left out, since there a token has the same vector wherever it stands and dimensions of such clouds mean little.
    A text has one only where it has all the layers that the model has, each from `LEAST` points or more; else the value is
    missing, as medians over different layers do not compare.

    Args:
        rows: those of one metric, as `frames.by_layer` returns them.

    Returns:
        A row a model, corpus and text: `value`, `n` (the least of its layers), `layers` (how many there were); `low` and
        `high` are missing: layers share their sentences, so the interval of their median does not follow from theirs.
    """
    after = rows[rows["layer"] > 0]
    # Metrics over sentences rest on few points by nature.
    enough = after[(after["n"].fillna(LEAST) >= LEAST) | (after["over"] != "token")]
    medians = enough.groupby(KEYS, sort=False).agg(value=("value", "median"), n=("n", "min"), layers=("layer", "nunique"))
    medians = after[KEYS].drop_duplicates().merge(medians.reset_index(), on=KEYS, how="left")
    every = after.groupby(["model", "corpus"])["layer"].nunique().rename("every").reset_index()
    whole = medians["layers"] == medians.merge(every, on=["model", "corpus"], how="left")["every"]
    return medians.assign(
        value=medians["value"].where(whole), low=float("nan"), high=float("nan"), layers=medians["layers"].astype("Int16")
    )
