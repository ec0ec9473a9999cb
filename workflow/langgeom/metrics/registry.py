"""The registry: `@metric` declares a function as a metric, `METRICS` holds them all.

To add a metric, add a file to `estimators/` with one decorated function; nothing else names it. Keyword arguments of
the decorator that are not its own are settings of the function, so that one function can stand under several names.
"""

from __future__ import annotations

import functools
import importlib
import inspect
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
from langgeom.metrics.resample import Resample

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
        plain = getattr(function, "__wrapped__", function)
        limits = _BOUNDS.setdefault(plain, bounds)
        if input not in INPUTS:
            raise ValueError(f"metric '{name}' has input '{input}'; allowed: {', '.join(INPUTS)}")
        if name in METRICS:
            raise ValueError(f"metric '{name}' is declared twice")
        line = about or (function.__doc__ or "").partition("\n")[0]
        METRICS[name] = Metric(name, input, line, _guarded(plain, name, line, limits, settings), fields, neighbours)
        return _guarded(plain, plain.__name__, "", limits, {})

    return register


_BOUNDS: dict[Callable[..., Estimate], tuple[float, float | None] | None] = {}


def _guarded(
    function: Callable[..., Estimate],
    name: str,
    about: str,
    bounds: tuple[float, float | None] | None,
    settings: dict[str, Any],
) -> Callable[..., Estimate]:
    """Run a metric without gradients and in full precision, name it in its errors, bound its interval, warn of gaps."""

    @functools.wraps(function)
    def guarded(*args: Any, **options: Any) -> Estimate:
        resample = options.get("resample")
        if not (resample is None or isinstance(resample, Resample)):
            raise MetricError(f"{name}: resample is {resample!r}; give Resample(replicates, seed), or None for no interval")
        try:
            with torch.no_grad(), full_precision():
                result = function(*args, **{**settings, **options})
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

    if name != function.__name__:
        # `help` says what this name stands for, and its defaults.
        with_these = " with " + ", ".join(f"{key}={value!r}" for key, value in settings.items()) if settings else ""
        guarded.__doc__ = f"{about.rstrip('.')}: `{function.__name__}`{with_these}.\n\n    {function.__doc__}"
        signature = inspect.signature(function)
        given = [entry.replace(default=settings.get(entry.name, entry.default)) for entry in signature.parameters.values()]
        guarded.__signature__ = signature.replace(parameters=given)  # type: ignore[attr-defined]
    guarded.__name__ = guarded.__qualname__ = name
    return guarded


for _module in pkgutil.iter_modules(estimators.__path__):
    importlib.import_module(f"{estimators.__name__}.{_module.name}")
