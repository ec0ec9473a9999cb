"""C9: the divergence to the reference in Latin and in Arabic script.

Unit: languages that the corpus has in both. Of each, the logarithm (to base 2) of the ratio of `kl_mean` in Latin to that
in Arabic script, each the median over the layers after the embedding (the last layer where softmaxes are one-hot).
Effect: the mean; test: sign flips over languages, which takes six. Supported: higher in Latin script. Not testable where
softmaxes are one-hot in the last layer too: what would be compared is rounding.
"""

from __future__ import annotations

import math

from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, latin_less_arabic, untestable

ID = "C9"
CLAIM = "Languages written in two scripts have the higher KL divergence to English in Latin script."
QUESTION = "Is the mean over languages of log2 of the ratio of Latin to Arabic above zero?"
EFFECT = "log2 of the KL divergence to the reference, Latin over Arabic script"


def test(evidence: Evidence, panel: Panel) -> Outcome:
    measured = evidence.divergences(["kl_mean"], panel)
    if measured.tied:
        return untestable(EFFECT, measured.tied)
    outcome = latin_less_arabic(
        EFFECT, measured.values[0], evidence.settings.seed, lambda latin, arabic: math.log2(latin / arabic)
    )
    return outcome.noting(f"Each is the {measured.over}.")
