"""C17, C19: which space predicts which, and which likeness is more than chance: claims published of other models, tested here.

Unit: families (`mean_of`), of languages other than the reference, in one model. C17 (Acevedo et al. 2025, arXiv:2505.17101, of
English): the information imbalance of a language to the reference less that of the reference to the language, each the median
over the layers after the embedding; claimed above 0, since the space with the lower imbalance predicts the other. C19
(arXiv:2602.14486, of models of unlike size): the share of the layers after the embedding at which mutual nearest neighbours are
what one in twenty random pairings of the sentences reaches (p at most 0.05), less the same share of CKA; claimed above 0.
"""

from __future__ import annotations

import pandas as pd

from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import matched
from langgeom.analysis.rows import Panel
from langgeom.findings.claim import claim
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, mean_of

IMBALANCE = "information imbalance to the reference minus that from it"
BEYOND = "share of layers beyond chance, by mutual nearest neighbours minus by CKA"


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


def _paired(effect: str, evidence: Evidence, *both: pd.Series) -> Outcome:
    """Test the mean of the first less the second over languages."""
    one, other = matched(*(values.drop(evidence.settings.reference, errors="ignore") for values in both))
    outcome = mean_of(effect, one - other, 1)
    return outcome.noting(f"On average over languages {one.mean():.2f} and {other.mean():.2f}." if len(one) else "")
