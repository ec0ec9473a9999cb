"""Measurements of clouds of vectors, layer by layer: each a plain function on tensors that returns an `Estimate`.

    from langgeom.metrics import anisotropy, id_twonn
    id_twonn(points)                                   # [n, d], or [layers, n, d] in one call
    id_twonn(Cloud(points, groups), resample=Resample(200, seed=0))   # with an interval, over sentences

`catalogue` lists the metrics, `estimators/` holds one a file, `measure` applies them to a text's hidden states. Nothing
here imports torch until a name is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langgeom.metrics.cloud import Cloud, Measured  # noqa: F401
    from langgeom.metrics.estimate import Estimate, MetricError, MissingValueWarning  # noqa: F401
    from langgeom.metrics.estimators.id_gride import gride_scales  # noqa: F401
    from langgeom.metrics.layer import Layer, Sentences  # noqa: F401
    from langgeom.metrics.registry import metric  # noqa: F401
    from langgeom.metrics.resample import Resample  # noqa: F401

_CORE = {
    "cloud": ("Cloud", "Measured"),
    "estimate": ("Estimate", "MetricError", "MissingValueWarning"),
    "estimators.id_gride": ("gride_scales",),
    "layer": ("Layer", "Sentences"),
    "registry": ("metric",),
    "resample": ("Resample",),
}


def __getattr__(name: str) -> Any:
    for module, names in _CORE.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    if name == "__all__":  # what `help` and `import *` list
        return __dir__()
    if name.startswith("_"):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    catalogue = import_module(f"{__name__}.catalogue").METRICS
    if name in catalogue:
        return import_module(f"{__name__}.registry").METRICS[name].function
    raise AttributeError(f"module '{__name__}' has no metric '{name}'; it has {', '.join(catalogue)}")


def __dir__() -> list[str]:
    return sorted([*(name for names in _CORE.values() for name in names), *import_module(f"{__name__}.catalogue").METRICS])
