"""C2, C9, C12: languages in Latin and in Arabic script.

Unit: families of the languages that the corpus has in both. Of each language, the median over the layers after the embedding in
Latin less that in Arabic script; of the KL divergence, the logarithm (to base 2) of their ratio. Claimed: above zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from langgeom.analysis.pairs import latin_and_arabic, name_of
from langgeom.analysis.rows import Panel
from langgeom.findings.claim import claim
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, mean_of

DIMENSION = "intrinsic dimension, Latin less Arabic script"
DIVERGENCE = "log2 of the KL divergence to the reference, Latin over Arabic script"
ANISOTROPY = "anisotropy, Latin less Arabic script"
QUESTION = "Is the mean of Latin less Arabic above zero?"


@claim(
    2, "Of languages written in two scripts, the intrinsic dimension is higher on average in Latin than in Arabic script.",
    QUESTION, DIMENSION, dimension=True,
)  # fmt: skip
def dimension(evidence: Evidence, panel: Panel) -> Outcome:
    return _latin_less_arabic(DIMENSION, evidence.id(panel))


@claim(
    9, "Languages written in two scripts have the higher KL divergence to the reference in Latin script.",
    "Is the mean of log2 of the ratio of Latin to Arabic above zero?", DIVERGENCE,
)  # fmt: skip
def divergence(evidence: Evidence, panel: Panel) -> Outcome:
    (values,) = evidence.divergences(["kl_mean"], panel)
    return _latin_less_arabic(DIVERGENCE, values, lambda latin, arabic: math.log2(latin / arabic))


@claim(12, "Of languages written in two scripts, anisotropy is lower in Arabic script.", QUESTION, ANISOTROPY)
def anisotropy(evidence: Evidence, panel: Panel) -> Outcome:
    return _latin_less_arabic(ANISOTROPY, evidence.medians(evidence.settings.anisotropy, panel))


def _latin_less_arabic(
    effect: str, values: pd.Series, change: Callable[[float, float], float] = lambda latin, arabic: latin - arabic
) -> Outcome:  # fmt: skip
    pairs = latin_and_arabic(map(str, values.index))
    differences = pd.Series({unit: change(values[latin], values[arabic]) for unit, latin, arabic in pairs}, dtype=float)
    each = ", ".join(f"{name_of(str(unit))} {value:+.2g}" for unit, value in differences.items())
    outcome = mean_of(effect, differences, 1, what="languages in Latin and Arabic script")
    return outcome.noting(f"By language: {each}." if each else "")
