"""What the words of the findings mean, told once for all pages that use them."""

from __future__ import annotations

# The verdicts, in the order of the legend.
VERDICTS = {
    "supported": "the data support the claim: p ≤ 0.05 after Holm's correction over all claims on one corpus",
    "contradicted": "the data support the opposite, at the same level",
    "depends on the estimator": "one estimator of intrinsic dimension decides the claim, and another does not agree",
    "no evidence": "the data decide neither way, which is not evidence of the opposite",
    "not testable": "something that the test needs is missing; the reason says what",
}
TERMS = {
    "in doubt": "the verdict rests on fewer sentences than such a claim needs",
    "detectable": "how far from the claim's limit an effect must lie to be found in 80 % of cases (p ≤ 0.05, uncorrected)",
    "brackets": "95 % intervals, not corrected for many tests",
}
