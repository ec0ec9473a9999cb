"""Settings that make scikit-dimension's estimators quick where a test asks what all metrics promise."""

from __future__ import annotations

from typing import Any

from langgeom.metrics.catalogue import METRICS

# One has an interval, by halves as all; of 100 neighbours ESS would look at each pair.
QUICK: dict[str, dict[str, Any]] = {
    name: {"interval": name == "skdim_twonn"} | ({"n_neighbors": 10} if name == "skdim_ess" else {})
    for name in METRICS
    if name.startswith("skdim_")
}
