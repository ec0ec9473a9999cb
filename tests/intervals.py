"""The interval that a metric should give for known replicates, computed plainly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def interval(value: Any, replicates: Sequence[Any] | Any, level: float = 0.95) -> list[float]:
    """Return the percentile interval of positive replicates, moved by the factor that puts their median on the value."""
    found = np.asarray([float(replicate) for replicate in replicates])
    ends = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    lower_median = np.sort(found)[(len(found) - 1) // 2]  # as torch takes it
    return (ends * float(value) / lower_median).tolist()
