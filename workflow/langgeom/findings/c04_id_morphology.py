"""C4: intrinsic dimension and morphological complexity.

Unit: languages. Spearman's correlation between the morphemes per word of the text and the intrinsic dimension (median
over the layers after the embedding). A claim of absence: supported where the 95 % interval lies within -0.3 and 0.3,
contradicted where the correlation differs from zero (permutations), else no evidence either way.
"""

from __future__ import annotations

from langgeom.findings.evidence import Evidence, matched, summary
from langgeom.findings.outcome import Outcome, no_correlation, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C4"
CLAIM = "The intrinsic dimension does not correlate with morphological complexity."
QUESTION = "Is the correlation over languages smaller than 0.3 either way?"
EFFECT = "correlation of the intrinsic dimension with morphemes per word"
MEASURE = "morphemes_per_word"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained model."""
    found = []
    for panel in evidence.panels():
        curves, morphemes = evidence.id(panel), evidence.measure(MEASURE, panel[1])
        if curves is None:
            outcome = untestable(EFFECT, "no intrinsic dimension")
        elif morphemes.empty:
            outcome = untestable(EFFECT, "morphemes per word were not measured")
        else:
            outcome = no_correlation(EFFECT, *matched(morphemes, summary(curves)), evidence.settings.seed)
        found.append(outcome.at(panel))
    return found
