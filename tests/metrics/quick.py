"""Settings with which metrics have a value, and one soon, of the small clouds where a test asks what all metrics promise."""

from __future__ import annotations

from typing import Any

from langgeom.metrics.catalogue import METRICS

# One has an interval, by halves as all; of 100 neighbours ESS would look at each pair.
QUICK: dict[str, dict[str, Any]] = {
    name: {"interval": name == "skdim_twonn"} | ({"n_neighbors": 10} if name == "skdim_ess" else {})
    for name in METRICS
    if name.startswith("skdim_")
}
QUICK |= {"id_ph": {"least": 10, "step": 10}, "matrix_entropy": {"length": 5}, "spectral_slope": {"first": 1, "last": 4}}
