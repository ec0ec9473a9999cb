"""C17, C19, C20: which space predicts which, and what likeness and retrieval find: claims published of other models.

Unit: families (`mean_of`), of languages other than the reference, in one model. C17 (Acevedo et al. 2025, arXiv:2505.17101, of
English): the information imbalance of a language to the reference less that of the reference to the language, each the median
over the layers after the embedding; claimed above 0, since the space with the lower imbalance predicts the other. C19
(arXiv:2602.14486, of models of unlike size): the share of the layers after the embedding at which mutual nearest neighbours are
what one in twenty random pairings of the sentences reaches (p at most 0.05), less the same share of CKA; claimed above 0.

C20 (arXiv:2605.26575, of encoders made for retrieval): retrieval by CSLS less that by cosine, claimed above 0, and the rank
correlation of this gain with hub mass over languages (`correlation_of`), claimed above 0; each the median over the layers after
the embedding. Not testable where hub mass is below 0.05 in the median language: there is nothing to mend, and one sentence out
of place is both mass and gain. That anisotropy does not explain hubs is told, not tested: a claim of none takes about 113
independent languages.
"""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import matched, per_language
from langgeom.analysis.rows import Panel, rows_of
from langgeom.findings.claim import claim
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import SMALL_R, Outcome, correlation_of, joint, mean_of, untestable

IMBALANCE = "information imbalance to the reference minus that from it"
BEYOND = "share of layers beyond chance, by mutual nearest neighbours minus by CKA"
GAIN = "share of translations found, by CSLS minus by cosine"
# What the hubs of 60 sentences hold by chance is below this, where most translations are found.
LEAST_HUBS = 0.05
HUBS = "rank correlation of hub mass with {}"


@claim(
    17, "The reference language is more predictive of other languages than they are of it.",
    "Is the mean imbalance to the reference minus that from it above zero?", IMBALANCE,
)  # fmt: skip
def more_predictive(evidence: Evidence, panel: Panel) -> Outcome:
    return _paired(IMBALANCE, evidence, *(evidence.medians(f"information_imbalance{way}", panel) for way in ("", "_reverse")))


@claim(
    19, "Across languages, CKA is what chance gives where mutual nearest neighbours are not.",
    "Is the mean share of layers beyond chance higher by mutual nearest neighbours than by CKA?", BEYOND,
)  # fmt: skip
def beyond_chance(evidence: Evidence, panel: Panel) -> Outcome:
    def share(metric: str) -> pd.Series:
        return (evidence.curves(metric, panel, "p") <= st.LEVEL).mean(axis=1)

    return _paired(BEYOND, evidence, share("mutual_knn"), share("cka"))


@claim(
    20, "CSLS finds more translations than the cosine does, the more so the more hubs hold.",
    "Are the mean gain by CSLS and its rank correlation with hub mass over languages above zero?", GAIN,
)  # fmt: skip
def mended_hubs(evidence: Evidence, panel: Panel) -> Outcome:
    named = [evidence.medians(metric, panel) for metric in ("retrieval_csls", "retrieval", "hub_mass")]
    mended, plain, hubs = matched(*(values.drop(evidence.settings.reference, errors="ignore") for values in named))
    if len(hubs) and hubs.median() < LEAST_HUBS:
        return untestable(GAIN, f"no hubs to mend: hub mass is {hubs.median():.3f} in the median language, below {LEAST_HUBS}")
    gain = mended - plain
    outcome = joint([mean_of(GAIN, gain, 1), correlation_of(HUBS.format("that gain"), hubs, gain, claimed=1)])
    rows = rows_of(evidence.metrics, panel).query("over == 'sentence' and layer > 0")
    medians = rows[rows["metric"] == evidence.settings.anisotropy].groupby("text")["value"].median()
    none = correlation_of(HUBS.format("anisotropy"), hubs, per_language(medians), claimed=0, bound=SMALL_R)
    value, low, high = none.value
    words = f"Hub mass correlates with the anisotropy of sentences at {value:+.2f} [{low:.2f}, {high:.2f}]."
    return outcome.noting(words if none.testable else "")


def _paired(effect: str, evidence: Evidence, *both: pd.Series) -> Outcome:
    """Test the mean of the first less the second over languages."""
    one, other = matched(*(values.drop(evidence.settings.reference, errors="ignore") for values in both))
    outcome = mean_of(effect, one - other, 1)
    return outcome.noting(f"On average over languages {one.mean():.2f} and {other.mean():.2f}." if len(one) else "")
