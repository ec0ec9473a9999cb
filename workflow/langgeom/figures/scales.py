"""Value axes: their limits, when they are logarithmic, and what is off scale."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

Limits = tuple[float, float]
# Tukey's "far out": this many interquartile ranges beyond the quartiles. Within a factor of 2 nothing is far out.
FAR, NEAR = 3.0, float(np.log(2))
# With more lines than this, bands would only hide them, and are not drawn.
CROWDED = 40
# From this factor on, the smaller half of the lines would share a small part of a linear axis.
WIDE = 8


def limits(rows: pd.DataFrame, bands: bool = True) -> Limits:
    """Return the limits of a linear axis: all values with a margin, and bands unless they dwarf the values."""
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
    """Return whether values span so much that only a logarithmic axis shows the small ones; zeros do not count."""
    positive = values[values > 0]
    return bool(len(positive) and values.min() >= 0 and positive.max() > 30 * positive.min())


class Scale(NamedTuple):
    """A value axis: limits, whether it is logarithmic, and a sentence about what is off scale ("" if nothing is)."""

    bounds: Limits
    log: bool
    note: str


def settled_scale(rows: pd.DataFrame) -> Scale:
    """Return an axis that shows what most lines do after the embeddings; logarithmic if that spans a factor above `WIDE`.

    At layer 0 a token has the same vector in every context, so most points are duplicates and estimates of the intrinsic
    dimension mean nothing. Layers from 1 up set the limits, without values that are far out for their model: beyond its
    quartiles by more than 3 interquartile ranges of the logarithm and by more than a factor of 2.

    Args:
        rows: the values drawn, with columns `model`, `layer` and `value`, and `low` and `high` if bands are drawn.

    Source: the fences are those of Tukey (1977), Exploratory Data Analysis, chapter 2.
    """
    after = rows[rows["layer"] > 0] if (rows["layer"] > 0).any() else rows
    kept = after.groupby("model", sort=False)["value"].transform(_settled) if (after["value"] > 0).all() else after["value"]
    low, high = float(kept.min()), float(kept.max())
    log = low > 0 and high > WIDE * low
    bounds = (low / 1.15, high * 1.15) if log else _with_margin(low, high)
    return Scale(bounds, log, _off_scale(rows, bounds))


def _settled(values: pd.Series) -> pd.Series:
    """Set values that are far out to missing."""
    logs = np.log(values)
    low, high = logs.quantile(0.25), logs.quantile(0.75)
    reach = max(FAR * (high - low), NEAR)
    return values.where(logs.between(low - reach, high + reach))


def _off_scale(rows: pd.DataFrame, bounds: Limits) -> str:
    """Return a sentence about the values outside the limits, how far they reach, and bands that the edge cuts."""
    low, high = bounds
    inside = rows["value"].between(low, high)
    outside = rows[~inside]
    first = int((outside["layer"] == 0).sum())
    others = len(outside) - first
    bands = rows[inside].reindex(columns=["low", "high"]).astype(float)
    crowded = rows.groupby(["model", "layer"]).size().max() > CROWDED
    cut = 0 if crowded else int(((bands["low"] < low) | (bands["high"] > high)).sum())
    parts = [f"layer 0 of {first} line{'s' * (first > 1)}"] * bool(first)
    parts += [f"{others} value{'s' * (others > 1)} of other layers"] * bool(others)
    ends = [f"down to {_number(outside['value'].min())}"] if (outside["value"] < low).any() else []
    ends += [f"up to {_number(outside['value'].max())}"] if (outside["value"] > high).any() else []
    values = ", ".join(filter(None, [" and ".join(parts), " and ".join(ends)]))
    said = "; ".join(filter(None, [values, f"the ends of bands at {cut} point{'s' * (cut > 1)}" if cut else ""]))
    return f"Off scale: {said}; see the CSV." if said else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def plain_log(axis: Axis, bounds: Limits) -> None:
    """Write the ticks of a logarithmic axis as plain numbers, as many as fit."""
    decades = np.log10(bounds[1] / bounds[0])
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2 else (1.0,), numticks=12))
    axis.set_major_formatter(FuncFormatter(_tick))
    axis.set_minor_formatter(NullFormatter())


def _tick(value: float, _: object) -> str:
    if value >= 1e4:
        return f"{value:,.0f}"
    return f"{value:g}" if value >= 1e-3 else f"{value:.0e}".replace("e-0", "e-")
