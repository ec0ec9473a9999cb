"""C5: intrinsic dimension of low-resource languages against their high-resource relatives.

Unit: high-resource languages with a low-resource relative in the same script (pairs: `workflow/data/languages.tsv`);
several relatives of one language are averaged, since they share its value. Of each, the logarithm of the ratio of low to
high, each the median over the layers after the embedding. A claim of absence: supported where the 95 % interval of the
mean lies within ratios of 1/1.1 and 1.1, contradicted where it differs from a ratio of 1 (sign flips over pairs, which
takes six), else no evidence.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from langgeom.analysis.pairs import name_of, related_texts, unit_of
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, small_mean

ID = "C5"
CLAIM = "The intrinsic dimension does not depend on a language being low-resource (closely related pairs)."
QUESTION = "Is the ratio of low- to high-resource within 10 % of 1?"
EFFECT = "log of the ratio of intrinsic dimensions, low- over high-resource relative"
# The smallest ratio of interest.
RATIO = 1.1


def test(evidence: Evidence, panel: Panel) -> Outcome:
    values = evidence.id(panel)
    # A logarithm needs a value above zero; an intrinsic dimension is one.
    logs = pd.Series(np.log(values[values > 0]))
    pairs = sorted(related_texts(map(str, logs.index)))
    changes = [logs[low] - logs[high] for low, high in pairs]
    means = pd.Series(changes, dtype=float).groupby([unit_of(high) for _, high in pairs]).mean()
    outcome = small_mean(
        EFFECT, means, math.log(RATIO), evidence.settings.seed, what="related pairs in one script", unit="pairs"
    )  # fmt: skip
    names = [f"{name_of(unit_of(low))}/{name_of(unit_of(high))}" for low, high in pairs]
    ratios = ", ".join(f"{name} {math.exp(change):.2f}" for name, change in zip(names, changes, strict=True))
    return outcome.noting(f"Ratios: {ratios}." if ratios else "")
