"""C8: do both KL divergences order the languages alike.

Unit: languages, without the reference. Spearman's correlation between `kl_mean` and `kl_padded`, each the median over the
layers after the embedding (the last layer where softmaxes are one-hot). "Alike" is a correlation above 0.7. Supported:
the interval lies above 0.7; contradicted: below. Not testable where softmaxes are one-hot in the last layer too: what
would be ranked is rounding. That the values themselves differ needs no test: the note gives their ratio, and on how few
sentences the padded one rests.
"""

from __future__ import annotations

from langgeom.findings.evidence import Divergences, Evidence, matched
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
        measured = evidence.divergences(("kl_mean", "kl_padded"), panel)
        if measured is None:
            outcome = untestable(EFFECT, "kl_mean and kl_padded were not both measured")
        elif measured.tied:
            outcome = untestable(EFFECT, measured.tied).noting(*_notes(measured))
        else:
            outcome = alike(EFFECT, *matched(*measured.values), evidence.settings.seed).noting(*_notes(measured))
        found.append(outcome.at(panel))
    return found


def _notes(measured: Divergences) -> list[str]:
    x, y = matched(*measured.values)
    if x.empty:
        return []
    ratio = f"Padded over mean: {(y / x).median():.3g} for the median language ({measured.over})."
    mean, padded = measured.n
    # The padded one takes whole sentences up to a cap on tokens.
    few = f"KL by padding rests on as few as {padded} sentences, by mean on {mean}." if padded < mean / 2 else ""
    return [ratio, few, measured.counted]
