"""What C2, C9 and C12 share: a number in Latin less that in Arabic script, paired over languages written in both."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from langgeom.findings.evidence import Evidence, name_of
from langgeom.findings.outcome import Outcome, mean_of

__all__ = ["latin_less_arabic"]


def latin_less_arabic(
    effect: str, values: pd.Series, evidence: Evidence, change: Callable[[float, float], float] = lambda a, b: a - b
) -> Outcome:  # fmt: skip
    """Test whether numbers of texts are higher in Latin than in Arabic script, over languages.

    Args:
        values: one a text.
        change: of (Latin, Arabic), the difference by default.
    """
    pairs = evidence.two_scripts(map(str, values.index))
    differences = pd.Series({unit: change(values[latin], values[arabic]) for unit, latin, arabic in pairs}, dtype=float)
    found = mean_of(effect, differences, 1, evidence.settings.seed, what="languages in Latin and Arabic script")
    each = ", ".join(f"{name_of(str(unit))} {value:+.2g}" for unit, value in differences.items())
    return found.noting(f"By language: {each}." if each else "")
