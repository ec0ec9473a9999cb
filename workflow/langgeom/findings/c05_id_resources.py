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

from langgeom.findings.evidence import Evidence, family, name_of, summary, unit_of
from langgeom.findings.outcome import Outcome, small_mean, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C5"
CLAIM = "The intrinsic dimension does not depend on a language being low-resource (closely related pairs)."
QUESTION = "Is the ratio of low- to high-resource within 10 % of 1?"
EFFECT = "log of the ratio of intrinsic dimensions, low- over high-resource relative"
# The smallest ratio of interest.
RATIO = 1.1


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained model."""
    found = []
    for panel in evidence.panels():
        curves = evidence.id(panel)
        outcome = untestable(EFFECT, "no intrinsic dimension") if curves is None else _of(summary(curves), evidence)
        found.append(outcome.at(panel))
    return found


def _of(values: pd.Series, evidence: Evidence) -> Outcome:
    # A logarithm needs a value above zero; an intrinsic dimension has one.
    logs = pd.Series(np.log(values[values > 0]))
    pairs = evidence.related(map(str, logs.index))
    each = pd.DataFrame({"high": [high for high, _, _ in pairs], "change": [logs[low] - logs[text] for _, text, low in pairs]})
    means = each.groupby("high")["change"].mean()
    found = small_mean(
        EFFECT, means, math.log(RATIO), evidence.settings.seed, what="related pairs in one script",
        unit="pairs",
        by=[family(str(high)) for high in means.index],
    )  # fmt: skip
    said = ", ".join(
        f"{name_of(unit_of(low))}/{name_of(high)} {math.exp(logs[low] - logs[text]):.2f}" for high, text, low in pairs
    )
    return found.noting(f"Ratios: {said}." if said else "")
