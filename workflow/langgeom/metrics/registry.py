"""The registry: `@metric` declares a function as a metric, `METRICS` holds them all.

To add a metric, add a file to `estimators/` with one decorated function; nothing else names it. Keyword arguments of
the decorator that are not its own are settings of the function, so one function can stand under several names.
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
from langgeom.metrics.aligned import checked
from langgeom.metrics.catalogue import INPUTS, REVERSE, ROBUST, MetricInfo
from langgeom.metrics.cloud import Cloud
from langgeom.metrics.estimate import Estimate, MetricError, MissingValueWarning
from langgeom.metrics.numerics import full_precision
from langgeom.metrics.resample import Resample

Function = Callable[..., Estimate]
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class Metric(MetricInfo):
    """A metric's info with its function; `neighbours` as in `metric`."""

    function: Function
    neighbours: int = 0


# What metrics of one input share, added to their docstrings.
_RESAMPLE = "`resample` asks for an interval over sentences, or its documents, 20 or more of them."
_PAIRED = (
    f"`direction`: `from_reference` exchanges the two. {_RESAMPLE}\n    MetricError: other shapes; NaN or infinite points."
)
_COUNTS = f"Counts are [sentences]. {_RESAMPLE}\n    MetricError: lengths that differ; none; values negative or not finite."
_SHARED = {
    "cloud": f"`points`: [n, d] or [layers, n, d], or a `Cloud`. {_RESAMPLE}\n    MetricError: NaN or infinite points.",
    "cloud_beside": "`points`, `reference`: [n, d] and [m, d], or [layers, n, d] and [layers, m, d], or clouds. The three\n"
    f"    dimensions of a layer that vary most in the reference are left out (one stays always). {_RESAMPLE}\n"
    "    MetricError: other layers or dimensions; NaN or infinite points.",
    "adjacent_layers": f"`points`: [layers, n, d], 2 layers or more, or a `Cloud`. {_RESAMPLE}\n"
    "    MetricError: NaN or infinite points; one layer.",
    "aligned_sentences": "`points`, `reference`: [sentences, d] or [layers, sentences, d], or clouds without groups;\n"
    f"    row by row translations of each other. Similarities then have `p` and `null` too. {_PAIRED}",
    "aligned_tokens": "`points`, `reference`: clouds of tokens with `groups`; the i-th sentence (in the order of their\n"
    f"    numbers) of one is the translation of the i-th of the other, whole and in order. {_PAIRED}",
    "lens": f"`values`: [tokens], one a sentence. {_RESAMPLE}\n    MetricError: not a vector, none, or not finite.",
    "text": _COUNTS,
    "aligned_text": _COUNTS,
}

METRICS: dict[str, Metric] = {}
_BOUNDS: dict[Function, Bounds | None] = {}


def metric(
    name: str,
    *,
    input: str,
    about: str | None = None,
    reverse: str | None = None,
    robust: str | None = None,
    fields: tuple[str, ...] = (),
    neighbours: int = 0,
    bounds: Bounds | None = None,
    seconds: float = 0.0,
    **settings: Any,
) -> Callable[[Function], Function]:
    """Declare a function as the metric `name`; every argument must be a literal, since `catalogue` reads the source.

    Args:
        name: what the config and the table call it.
        input: a key of `catalogue.INPUTS`.
        about: one line; absent, the first line of the docstring.
        reverse: one line about the metric `{name}_reverse`, the same function with `direction="from_reference"`.
        robust: one line about the metric `{name}_robust`, without the three dimensions that vary most in the reference.
        fields: for metrics of the text and of the head, what is handed over, fields of `hidden.states.HiddenStates`.
        neighbours: how many it looks up by default, so that `measure` can search once for the metric that needs most.
        bounds: least and largest value the quantity can take (None: any); an interval, which is moved replicates (see
            `resample`), is cut there. They belong to the function: of several decorators the lowest has them.
        seconds: of a core for 1e6 numbers (points x dimensions) of a layer, for `make plan` to warn of.
        settings: keyword arguments of the function under this name.
    """

    def register(function: Function) -> Function:
        plain = getattr(function, "__wrapped__", function)
        limits = _BOUNDS.setdefault(plain, bounds)

        def declare(name: str, line: str, settings: dict[str, Any], function: Function = plain, input: str = input) -> None:
            if input not in INPUTS:
                raise ValueError(f"metric '{name}' has input '{input}'; allowed: {', '.join(INPUTS)}")
            if name in METRICS:
                raise ValueError(f"metric '{name}' is declared twice")
            guarded = _guarded(function, name, line, limits, settings)
            guarded.__doc__ = f"{(guarded.__doc__ or '').rstrip()}\n\n    {_SHARED[input]}\n"
            METRICS[name] = Metric(name, input, line, fields, seconds, settings, function=guarded, neighbours=neighbours)

        declare(name, about or (function.__doc__ or "").partition("\n")[0], settings)
        if reverse:
            declare(name + REVERSE, reverse, {**settings, "direction": "from_reference"})
        if robust:
            declare(name + ROBUST, robust, settings, _robust(plain), "cloud_beside")
        return _guarded(plain, plain.__name__, "", limits, {})

    return register


def _robust(function: Function) -> Function:
    """Return the metric of a cloud without the dimensions that vary most in the reference."""

    @functools.wraps(function)
    def robust(points: Any, reference: Any, **options: Any) -> Estimate:
        return function(Cloud.of(points).without_widest(checked(reference)), **options)

    first, *others = inspect.signature(function).parameters.values()
    robust.__signature__ = inspect.Signature([first, first.replace(name="reference"), *others])  # type: ignore[attr-defined]
    return robust


def _guarded(function: Function, name: str, about: str, bounds: Bounds | None, settings: dict[str, Any]) -> Function:
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
