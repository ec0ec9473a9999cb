"""Value axes: their limits, and when they are logarithmic."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import LogLocator, NullFormatter

Limits = tuple[float, float]
# Limits, and the axis if it is logarithmic: "y" or "".
Scale = tuple[Limits, str]
BOUNDED = ["value", "low", "high"]
# From this factor on, the smaller half of the lines would share a small part of a linear axis.
WIDE = 8


def limits(rows: pd.DataFrame, bands: bool = True, *holding: float) -> Limits:
    """Return the limits of a linear axis: all values and `holding` with a margin, and bands unless they dwarf the values."""
    low, high = min([rows["value"].min(), *holding]), max([rows["value"].max(), *holding])
    reach = 0.25 * (high - low) or 0.05 * abs(high) or 0.05
    seen = rows[["low", "high"]].to_numpy(dtype=float)
    if bands and np.isfinite(seen).any():
        low, high = min(low, max(np.nanmin(seen), low - reach)), max(high, min(np.nanmax(seen), high + reach))
    margin = 0.04 * (high - low) or 0.05 * abs(high) or 0.05
    return float(max(0.0, low - margin) if low >= 0 else low - margin), float(high + margin)


def whole(rows: pd.DataFrame, *holding: float) -> Limits:
    """Return the limits of a linear axis that holds all values, whole intervals and `holding`."""
    ends = pd.Series(rows[BOUNDED].to_numpy(dtype=float).ravel()).dropna()
    return limits(pd.DataFrame({"value": ends, "low": ends, "high": ends}), False, *holding)


def log_limits(values: pd.Series, floor: float = 0.0) -> Limits:
    """Return the limits of a logarithmic axis: all positive values with a margin, from `floor` up."""
    positive = values[values > 0]
    return max(float(positive.min()) / 1.3, floor), float(positive.max()) * 1.3


def log_scale(values: pd.Series) -> bool:
    """Return whether values span so much that only a logarithmic axis shows the small ones; zeros do not count."""
    positive = values[values > 0]
    return bool(len(positive) and values.min() >= 0 and positive.max() > 30 * positive.min())


def scaled(rows: pd.DataFrame, bands: bool = False) -> Scale:
    """Return a linear axis for the values (and bands), a logarithmic one if the values span a factor above `WIDE`."""
    low, high = float(rows["value"].min()), float(rows["value"].max())
    return ((low / 1.15, high * 1.15), "y") if 0 < WIDE * low < high else (limits(rows, bands), "")


def plain_log(axis: Axis, bounds: Limits) -> None:
    """Write the ticks of a logarithmic axis as plain numbers, as many as fit; across, in steps of two or four times."""
    subs = (1, 2, 5) if bounds[1] < 100 * bounds[0] else (1,)
    doubling = LogLocator(2, numticks=12 if bounds[1] < 1000 else 6)
    axis.set_major_locator(doubling if isinstance(axis, XAxis) and bounds[0] > 0.5 else LogLocator(subs=subs))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
