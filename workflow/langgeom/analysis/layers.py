"""From layers to one value per text: the median over the layers after the embedding.

Layer 0 never counts: there a token has the same vector in every context. A text without a value at one of the other layers
has no median, because medians over different layers are not comparable.
"""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import Settings
from langgeom.analysis.rows import LEAST, PANEL, by_layer

MEDIAN = "median over layers 1 to last"
# Columns that differ between the layers of a text.
PER_LAYER = ("layer", "value", "low", "high", "n", "dropped", "sentences", "documents", "half_a", "half_b", "p", "null")
# Nats. A smaller divergence says that both softmaxes are the same, and nothing about the distance of two languages.
NEGLIGIBLE = 1e-6
# Significant digits of a divergence. Where softmaxes are one-hot, all texts agree to more digits than these.
DIGITS = 4
# Two texts may agree by chance, or because the two scripts of a language make no difference.
LEAST_TIED = 3


def complete(rows: pd.DataFrame, least: int = 0) -> pd.DataFrame:
    """Return the layers after the embedding of the texts that have a value at every one of them.

    Which layers there are is judged by model and corpus: those at which any text has a value.

    Args:
        rows: one metric, as `by_layer` returns it.
        least: values from fewer points count as missing.
    """
    after = rows[rows["layer"] > 0]
    every = after.groupby(PANEL)["layer"].transform("nunique")
    enough = after["n"].fillna(least) >= least
    there = after[enough].groupby([*PANEL, "text"])["layer"].transform("nunique")
    return after[enough][there == every[enough]]


def median_over_layers(rows: pd.DataFrame, least: int = 0) -> pd.DataFrame:
    """Return each text's median over the layers after the embedding, missing unless the text is `complete`.

    Args:
        rows, least: as for `complete`.

    Returns:
        One row per model, corpus and text that has any layer after the embedding. `low` and `high` are the medians of the
        intervals' bounds: not an interval of the median, since all layers rest on the same sentences. `n` is the smallest of
        the layers, `layers` their number.
    """
    keys = [name for name in rows.columns if name not in PER_LAYER]
    medians = complete(rows, least).groupby(keys, sort=False, dropna=False).agg(
        value=("value", "median"), low=("low", "median"), high=("high", "median"), n=("n", "min"), layers=("layer", "nunique")
    )  # fmt: skip
    texts = rows.loc[rows["layer"] > 0, keys].drop_duplicates()
    return texts.merge(medians.reset_index(), on=keys, how="left").astype({"layers": "Int16"})


def least_points(metric: str, settings: Settings) -> int:
    """Return how many points a value of a metric needs: `LEAST` for the intrinsic dimension, else any number."""
    return LEAST if metric == settings.id else 0


def medians(table: pd.DataFrame, metric: str, settings: Settings) -> pd.DataFrame:
    """Return `median_over_layers` of a metric of the table, without bounds: the value of a text in figures and findings."""
    rows = median_over_layers(by_layer(table, metric), least_points(metric, settings))
    return rows.assign(low=float("nan"), high=float("nan"))


def last_layer(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each text's value at the last layer of its model."""
    return rows[rows["layer"] == rows.groupby(PANEL)["layer"].transform("max")]


def resolved(divergences: pd.Series) -> pd.Series:
    """Round divergences to `DIGITS`, so that values that differ by rounding errors alone become equal."""
    return divergences.map(lambda value: float(f"{value:.{DIGITS}g}")).astype("float64")


def tied(divergences: pd.Series) -> int:
    """Return how many texts share their `resolved` divergence with another, if that is over half of them; else 0."""
    shared = int(resolved(divergences).duplicated(keep=False).sum())
    return shared if shared >= LEAST_TIED and shared > len(divergences) / 2 else 0
