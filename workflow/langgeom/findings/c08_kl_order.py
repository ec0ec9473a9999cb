"""C8: do both KL divergences order the languages alike.

Unit: languages, without the reference. Spearman's correlation between `kl_mean` and `kl_padded`, each the median over the
layers after the embedding (the last layer where softmaxes are one-hot). "Alike" is a correlation above 0.7. Supported:
the interval lies above 0.7; contradicted: below. That the values themselves differ needs no test: the note gives their
ratio.
"""

from __future__ import annotations

from langgeom.findings.evidence import Evidence, matched
from langgeom.findings.outcome import Outcome, alike, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C8"
CLAIM = "KL by mean and KL by padding differ in value but order the languages alike."
QUESTION = "Is the rank correlation of the two over languages above 0.7?"
EFFECT = "rank correlation of KL by mean and KL by padding"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained model."""
    found = []
    for panel in evidence.panels():
        values = evidence.divergences(("kl_mean", "kl_padded"), panel)
        if values is None:
            outcome = untestable(EFFECT, "kl_mean and kl_padded were not both measured")
        else:
            x, y = matched(*values[0])
            outcome = alike(EFFECT, x, y, evidence.settings.seed)
            if len(x):
                outcome = outcome.noting(f"Padded over mean: {(y / x).median():.3g} for the median language ({values[1]}).")
        found.append(outcome.at(panel))
    return found
