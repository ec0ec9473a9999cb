"""C2: the intrinsic dimension in Latin and in Arabic script.

Unit: languages that the corpus has in both. Of each, the median over the layers after the embedding in Latin less that in
Arabic script. Effect: the mean difference; test: sign flips over languages, which takes six. Supported: higher in Latin
script.
"""

from __future__ import annotations

from langgeom.findings.evidence import Evidence, summary
from langgeom.findings.outcome import Outcome, untestable
from langgeom.findings.two_scripts import latin_less_arabic

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C2"
CLAIM = "Of languages written in two scripts, the intrinsic dimension is higher on average in Latin than in Arabic script."
QUESTION = "Is the mean over languages of Latin less Arabic above zero?"
EFFECT = "intrinsic dimension, Latin less Arabic script"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained model."""
    found = []
    for panel in evidence.panels():
        curves = evidence.id(panel)
        outcome = untestable(EFFECT, "no intrinsic dimension") if curves is None else \
            latin_less_arabic(EFFECT, summary(curves), evidence)  # fmt: skip
        found.append(outcome.at(panel))
    return found
