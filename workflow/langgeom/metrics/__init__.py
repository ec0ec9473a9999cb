"""Measurements of clouds of vectors, layer by layer: each a plain function on tensors that returns an `Estimate`.

    from langgeom.metrics import anisotropy, id_twonn
    id_twonn(points)                                   # [n, d], or [layers, n, d] in one call
    id_twonn(Cloud(points, groups), resample=Resample(200, seed=0))   # with an interval, over sentences

`catalogue` lists what there is, `estimators/` holds one metric a file, `measure` applies them to a text's hidden
states. Nothing here imports torch until a metric is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_CORE = {
    "Cloud": "cloud",
    "Estimate": "estimate",
    "MetricError": "estimate",
    "MissingValueWarning": "estimate",
    "Resample": "resample",
    "gride_scales": "estimators.id_gride",
}


def __getattr__(name: str) -> Any:
    if name in _CORE:
        return getattr(import_module(f"{__name__}.{_CORE[name]}"), name)
    if name.startswith("_"):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    catalogue = import_module(f"{__name__}.catalogue").METRICS
    if name in catalogue:
        return import_module(f"{__name__}.registry").METRICS[name].function
    raise AttributeError(f"module '{__name__}' has no metric '{name}'; it has {', '.join(catalogue)}")


def __dir__() -> list[str]:
    return sorted([*_CORE, *import_module(f"{__name__}.catalogue").METRICS])
