"""The interval that a metric should give for known replicates, computed plainly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats


def interval(value: Any, replicates: Sequence[Any] | Any, sentences: int, level: float = 0.95) -> list[float]:
    """Return the percentile interval of positive replicates, moved by a factor onto the value, and as wide as Student's."""
    found = np.asarray([float(replicate) for replicate in replicates])
    ends = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    lower_median = np.sort(found)[(len(found) - 1) // 2]  # as torch takes it
    freedom = sentences - 1 if sentences <= 60 else np.inf
    wider = stats.t.ppf((1 + level) / 2, freedom) / stats.norm.ppf((1 + level) / 2) * (sentences / (sentences - 1)) ** 0.5
    return (float(value) * (ends / lower_median) ** wider).tolist()
