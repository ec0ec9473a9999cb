"""C6: intrinsic dimension and the model's quality.

Unit: languages. Pearson's correlation (the study calls the relation linear) between quality and the intrinsic dimension
(median over the layers after the embedding). Quality is what figure 5 shows (`figures.quality`); the row says
which. Supported: negative (permutations over languages).
"""

from __future__ import annotations

from langgeom.findings.evidence import Evidence, matched, summary
from langgeom.findings.outcome import Outcome, correlation, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C6"
CLAIM = "The lower the intrinsic dimension, the better the model in a language (linear relation to MMLU)."
QUESTION = "Is the correlation over languages below zero?"
EFFECT = "correlation of the intrinsic dimension with quality"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained model."""
    found = []
    for panel in evidence.panels():
        curves, (quality, what) = evidence.id(panel), evidence.quality_of(panel)
        if curves is None:
            outcome = untestable(EFFECT, "no intrinsic dimension")
        elif quality.empty:
            outcome = untestable(EFFECT, "no quality of this model is known: neither MMLU nor retrieval accuracy")
        else:
            of = f"correlation of the intrinsic dimension with {what}"
            outcome = correlation(of, *matched(quality, summary(curves)), -1, evidence.settings.seed, ranked=False)
        found.append(outcome.at(panel))
    return found
