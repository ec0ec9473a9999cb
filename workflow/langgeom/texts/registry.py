"""The registry: `@measure` declares a function as a measure of texts, `MEASURES` holds them all.

To add one, add a file to `measures/` with one decorated function; nothing else names it. Nothing here imports torch or
Morfessor, so that checking a config takes no time.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from langgeom.texts import measures

if TYPE_CHECKING:
    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

    Function = Callable[[Sequence[Sequence[str]], Resample | None, int], Estimate]

__all__ = ["MEASURES", "Measure", "measure"]


@dataclass(frozen=True)
class Measure:
    """A measure: its name, one line about it, and the function of (words of each sentence, resample, seed)."""

    name: str
    about: str
    function: Function


MEASURES: dict[str, Measure] = {}


def measure(name: str) -> Callable[[Function], Function]:
    """Declare a function as the measure `name`."""

    def register(function: Function) -> Function:
        if name in MEASURES:
            raise ValueError(f"measure '{name}' is declared twice")
        MEASURES[name] = Measure(name, (function.__doc__ or "").partition("\n")[0], function)
        return function

    return register


for _module in pkgutil.iter_modules(measures.__path__):
    importlib.import_module(f"{measures.__name__}.{_module.name}")
