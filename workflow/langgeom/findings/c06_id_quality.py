"""C6: intrinsic dimension and the model's quality.

Unit: languages. Pearson's correlation (the study calls the relation linear) between quality and the intrinsic dimension
(median over the layers after the embedding). Quality is what figure 5 shows (`figures.quality`); the row says
which. Supported: negative (permutations over languages).
"""

from __future__ import annotations

from langgeom.analysis.pairs import matched
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, correlation

ID = "C6"
CLAIM = "The lower the intrinsic dimension, the better the model in a language (linear relation to MMLU)."
QUESTION = "Is the correlation over languages below zero?"
EFFECT = "correlation of the intrinsic dimension with quality"


def test(evidence: Evidence, panel: Panel) -> Outcome:
    values, (quality, what) = evidence.id(panel), evidence.quality_of(panel)
    effect = f"correlation of the intrinsic dimension with {what}"
    return correlation(effect, *matched(quality, values), -1, evidence.settings.seed, ranked=False)
