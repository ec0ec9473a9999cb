"""The registry: each file of `measures/` holds the measure of its name, so that adding a file adds a measure.

Names are known without importing anything, so that checking a config takes no time.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from langgeom.texts import measures

if TYPE_CHECKING:
    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

    Function = Callable[[Sequence[Sequence[str]], Resample | None, int], Estimate]

__all__ = ["MEASURES", "function"]

MEASURES: tuple[str, ...] = tuple(sorted(module.name for module in pkgutil.iter_modules(measures.__path__)))


def function(name: str) -> Function:
    """Return the function of a measure: of the words of each sentence, how to resample, and a seed.

    Raises:
        KeyError: no such measure.
    """
    if name not in MEASURES:
        raise KeyError(f"there is no measure '{name}'; there are: {', '.join(MEASURES)}")
    found: Function = getattr(importlib.import_module(f"{measures.__name__}.{name}"), name)
    return found
