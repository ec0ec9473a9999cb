"""C8: do both KL divergences order the languages alike.

Unit: languages, without the reference. Spearman's correlation between `kl_mean` and `kl_padded`, each the median over the
layers after the embedding (the last layer where softmaxes are one-hot). "Alike" is a correlation above 0.7. Supported:
the interval lies above 0.7; contradicted: below. Not testable where softmaxes are one-hot in the last layer too: what
would be ranked is rounding. That the values themselves differ needs no test: the note gives their ratio, and on how few
sentences the padded one rests.
"""

from __future__ import annotations

from langgeom.analysis.pairs import matched
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, alike, untestable

ID = "C8"
CLAIM = "KL by mean and KL by padding differ in value but order the languages alike."
QUESTION = "Is the rank correlation of the two over languages above 0.7?"
EFFECT = "rank correlation of KL by mean and KL by padding"


def test(evidence: Evidence, panel: Panel) -> Outcome:
    measured = evidence.divergences(("kl_mean", "kl_padded"), panel)
    x, y = matched(*measured.values)
    outcome = untestable(EFFECT, measured.tied) if measured.tied else alike(EFFECT, x, y, evidence.settings.seed)
    if x.empty:
        return outcome
    mean, padded = measured.n
    # The padded one takes whole sentences up to a cap on tokens.
    few = f"KL by padding rests on as few as {padded} sentences, by mean on {mean}." if padded < mean / 2 else ""
    ratio = f"Padded over mean: {(y / x).median():.3g} for the median language ({measured.over})."
    return outcome.noting(ratio, few, measured.counted)
