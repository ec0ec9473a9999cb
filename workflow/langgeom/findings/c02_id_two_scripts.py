"""C2: the intrinsic dimension in Latin and in Arabic script.

Unit: languages that the corpus has in both. Of each, the median over the layers after the embedding in Latin less that in
Arabic script. Effect: the mean difference; test: sign flips over languages, which takes six. Supported: higher in Latin
script.
"""

from __future__ import annotations

from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, latin_less_arabic

ID = "C2"
CLAIM = "Of languages written in two scripts, the intrinsic dimension is higher on average in Latin than in Arabic script."
QUESTION = "Is the mean over languages of Latin less Arabic above zero?"
EFFECT = "intrinsic dimension, Latin less Arabic script"


def test(evidence: Evidence, panel: Panel) -> Outcome:
    return latin_less_arabic(EFFECT, evidence.id(panel), evidence.settings.seed)
