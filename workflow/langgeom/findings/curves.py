"""Curves over layers compared as wholes: how alike are the trends of two languages, or of two models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from langgeom.findings import statistics as st

__all__ = ["LEAST_LAYERS", "after_embedding", "on_one_grid", "rank_correlations"]

# A trend over fewer layers after the embedding has hardly an order.
LEAST_LAYERS = 4


def after_embedding(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the curves without the embedding layer, those with a value at each layer only."""
    return curves.loc[:, [layer for layer in curves.columns if layer > 0]].dropna()


def rank_correlations(rows: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of each row with each other [n, n]; NaN in rows of a constant.

    Args:
        rows: [n, layers].
    """
    ranked = np.apply_along_axis(st.ranks, 1, rows)
    ranked = ranked - ranked.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(ranked, axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ranked = ranked / norm
    return np.clip(ranked @ ranked.T, -1, 1)


def on_one_grid(one: pd.DataFrame, other: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Read two models' curves [text, layer] at the same relative depths (layer / last layer), those of the shallower one.

    Linear in between; where both have as many layers, the values themselves.
    """
    depths = [np.array(curves.columns, dtype=float) / max(curves.columns) for curves in (one, other)]
    grid = min(depths, key=len)
    read = [
        np.array([np.interp(grid, depth, row) for row in curves.to_numpy(dtype=float)])
        for depth, curves in zip(depths, (one, other), strict=True)
    ]
    return read[0], read[1]
