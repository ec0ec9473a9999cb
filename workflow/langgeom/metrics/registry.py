"""The registry: `@metric` declares a function as a metric, `METRICS` holds them all.

To add a metric, add a file to `estimators/` with one decorated function; nothing else names it. Keyword arguments of
the decorator that are not its own are settings of the function, so that one function can stand under several names.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from langgeom.metrics import estimators
from langgeom.metrics.catalogue import INPUTS
from langgeom.metrics.estimate import Estimate, MetricError, MissingValueWarning
from langgeom.metrics.precision import full_precision

__all__ = ["METRICS", "Metric", "metric"]


@dataclass(frozen=True)
class Metric:
    """A metric: its name, what it is measured on (a key of `catalogue.INPUTS`), one line about it, and the function.

    `fields` and `neighbours` are those of `metric`.
    """

    name: str
    input: str
    about: str
    function: Callable[..., Estimate]
    fields: tuple[str, ...] = ()
    neighbours: int = 0


METRICS: dict[str, Metric] = {}


def metric(
    name: str,
    *,
    input: str,
    about: str | None = None,
    fields: tuple[str, ...] = (),
    neighbours: int = 0,
    bounds: tuple[float, float | None] | None = None,
    **settings: Any,
) -> Callable[[Callable[..., Estimate]], Callable[..., Estimate]]:
    """Declare a function as the metric `name`; every argument must be a literal, since `catalogue` reads the source.

    Args:
        name: what the config and the table call it.
        input: a key of `catalogue.INPUTS`.
        about: one line; the docstring's first when absent.
        fields: for metrics of the text, the counts handed over, fields of `inputs.HiddenText`.
        neighbours: how many it looks up by default, so that `measure` can search once for the metric that needs most.
        bounds: least and largest value the quantity can take (None: any); an interval, which is moved replicates (see
            `resample`), is cut there. They belong to the function: of several decorators the lowest has them.
        settings: keyword arguments of the function under this name.
    """

    def register(function: Callable[..., Estimate]) -> Callable[..., Estimate]:
        guarded = function if hasattr(function, "__wrapped__") else _guarded(function, bounds)
        if input not in INPUTS:
            raise ValueError(f"metric '{name}' has input '{input}'; allowed: {', '.join(INPUTS)}")
        if name in METRICS:
            raise ValueError(f"metric '{name}' is declared twice")
        line = about or (function.__doc__ or "").partition("\n")[0]
        called = functools.partial(guarded, **settings) if settings else guarded
        METRICS[name] = Metric(name, input, line, called, fields, neighbours)
        return guarded

    return register


def _guarded(function: Callable[..., Estimate], bounds: tuple[float, float | None] | None) -> Callable[..., Estimate]:
    """Run a metric without gradients and in full precision, name it in its errors, bound its interval, warn of gaps."""
    name = function.__name__

    @functools.wraps(function)
    def guarded(*args: Any, **options: Any) -> Estimate:
        try:
            with torch.no_grad(), full_precision():
                result = function(*args, **options)
        except MetricError as error:
            raise MetricError(f"{name}: {error}") from None
        if bounds and result.low is not None and result.high is not None:
            result = replace(result, low=result.low.clamp(*bounds), high=result.high.clamp(*bounds))
        missing = torch.atleast_1d(result.value.isnan()).nonzero().flatten().tolist()
        if missing:
            where = f" in layers {', '.join(map(str, missing))}" if result.value.dim() else ""
            message = f"{name}: no value{where}; its docstring says when, `n` and `dropped` how many points there were"
            warnings.warn(message, MissingValueWarning, stacklevel=2)
        return result

    return guarded


for _module in pkgutil.iter_modules(estimators.__path__):
    importlib.import_module(f"{estimators.__name__}.{_module.name}")
