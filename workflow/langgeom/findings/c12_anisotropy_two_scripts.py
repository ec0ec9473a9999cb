"""C12: anisotropy in Latin and in Arabic script.

Unit: languages that the corpus has in both. Of each, the median over the layers after the embedding in Latin less that in
Arabic script. Effect: the mean difference; test: sign flips over languages, which takes six. Supported: lower in Arabic
script, that is, a difference above zero.
"""

from __future__ import annotations

from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, latin_less_arabic

ID = "C12"
CLAIM = "Of languages written in two scripts, anisotropy is lower in Arabic script."
QUESTION = "Is the mean over languages of Latin less Arabic above zero?"
EFFECT = "anisotropy, Latin less Arabic script"


def test(evidence: Evidence, panel: Panel) -> Outcome:
    medians = evidence.medians(evidence.settings.anisotropy, panel)
    return latin_less_arabic(EFFECT, medians, evidence.settings.seed)
