"""C4: intrinsic dimension and morphological complexity.

Unit: languages. Spearman's correlation between the morphemes per word of the text and the intrinsic dimension (median
over the layers after the embedding). A claim of absence: supported where the 95 % interval lies within -0.3 and 0.3,
contradicted where the correlation differs from zero (permutations), else no evidence either way.
"""

from __future__ import annotations

from langgeom.analysis.pairs import matched
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, no_correlation

ID = "C4"
CLAIM = "The intrinsic dimension does not correlate with morphological complexity."
QUESTION = "Is the correlation over languages smaller than 0.3 either way?"
EFFECT = "correlation of the intrinsic dimension with morphemes per word"


def test(evidence: Evidence, panel: Panel) -> Outcome:
    values, morphemes = evidence.id(panel), evidence.measure("morphemes_per_word", panel[1])
    return no_correlation(EFFECT, *matched(morphemes, values), evidence.settings.seed)
