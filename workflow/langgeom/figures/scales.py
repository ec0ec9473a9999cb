"""Value axes: what they show, when they are logarithmic, and what runs out of the frame."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

__all__ = ["Limits", "Scale", "limits", "log_limits", "log_scale", "plain_log", "settled_scale"]

Limits = tuple[float, float]
# Tukey's "far out": so many interquartile ranges beyond the quartiles; and a factor of 2 always belongs to the lines.
FAR, NEAR = 3.0, float(np.log(2))
# From this factor on, the smaller half of the lines would share a small part of a linear axis.
WIDE = 8


def limits(rows: pd.DataFrame, bands: bool = True) -> Limits:
    """Return the limits of a linear axis: all values with a margin, and bands as far as they do not dwarf the values."""
    values, bounds = rows["value"], rows[["low", "high"]].to_numpy(dtype=float)
    low, high = float(values.min()), float(values.max())
    reach = 0.25 * (high - low) or 0.05 * abs(high) or 0.05
    seen = bounds[np.isfinite(bounds)]
    if bands and seen.size:
        low, high = min(low, max(seen.min(), low - reach)), max(high, min(seen.max(), high + reach))
    return _with_margin(low, high)


def _with_margin(low: float, high: float) -> Limits:
    margin = 0.04 * (high - low) or 0.05 * abs(high) or 0.05
    return (max(0.0, low - margin) if low >= 0 else low - margin), high + margin


def log_limits(values: pd.Series, floor: float = 0.0) -> Limits:
    """Return the limits of a logarithmic axis: all positive values with a margin, from `floor` up."""
    positive = values[values > 0]
    return max(float(positive.min()) / 1.3, floor), float(positive.max()) * 1.3


def log_scale(values: pd.Series) -> bool:
    """Whether values span so much that only a logarithmic axis shows the small ones; zeros are left out."""
    positive = values[values > 0]
    return bool(len(positive) and values.min() >= 0 and positive.max() > 30 * positive.min())


class Scale(NamedTuple):
    """A value axis: limits, whether it is logarithmic, and a sentence on what it leaves out ("" where nothing)."""

    bounds: Limits
    log: bool
    note: str


def settled_scale(rows: pd.DataFrame) -> Scale:
    """Return an axis that shows what most lines do after the embeddings; logarithmic where that spans a factor above `WIDE`.

    Of layer 0 a token has the same vector wherever it stands, so most points are duplicates, and estimators of the intrinsic
    dimension give anything. Layers from 1 up set the limits, all but values far out for their model: beyond its quartiles
    by more than 3 interquartile ranges of the logarithm, and by more than a factor of 2.

    Args:
        rows: the values drawn, with columns `model`, `layer` and `value`.

    Source: the fences are those of Tukey (1977), Exploratory Data Analysis, chapter 2.
    """
    after = rows[rows["layer"] > 0] if (rows["layer"] > 0).any() else rows
    kept = after.groupby("model", sort=False)["value"].transform(_settled) if (after["value"] > 0).all() else after["value"]
    low, high = float(kept.min()), float(kept.max())
    log = low > 0 and high > WIDE * low
    bounds = (low / 1.15, high * 1.15) if log else _with_margin(low, high)
    outside = rows[~rows["value"].between(*bounds)]
    if outside.empty:
        return Scale(bounds, log, "")
    first = int((outside["layer"] == 0).sum())
    others = len(outside) - first
    parts = [f"layer 0 of {first} line{'s' * (first > 1)}" if first else ""]
    parts += [f"{others} value{'s' * (others > 1)} of other layers" if others else ""]
    found = " and ".join(filter(None, parts))
    return Scale(bounds, log, f"Off scale: {found}, up to {outside['value'].max():,.0f}; see the CSV.")


def _settled(values: pd.Series) -> pd.Series:
    """Put values that are far out at missing."""
    logs = np.log(values)
    low, high = logs.quantile(0.25), logs.quantile(0.75)
    reach = max(FAR * (high - low), NEAR)
    return values.where(logs.between(low - reach, high + reach))


def plain_log(axis: Axis, bounds: Limits) -> None:
    """Write the ticks of a logarithmic axis as plain numbers, as many as its span has room for."""
    decades = np.log10(bounds[1] / bounds[0])
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2 else (1.0,), numticks=12))
    axis.set_major_formatter(FuncFormatter(_tick))
    axis.set_minor_formatter(NullFormatter())


def _tick(value: float, _: object) -> str:
    if value >= 1e4:
        return f"{value:,.0f}"
    return f"{value:g}" if value >= 1e-3 else f"{value:.0e}".replace("e-0", "e-")
