"""What the words of the findings mean, told once for all pages that use them."""

from __future__ import annotations

# The verdicts, in the order of the legend.
VERDICTS = {
    "supported": "the data support the claim: p ≤ 0.05 after Holm's correction over all tests on one corpus",
    "contradicted": "the data support the opposite, at the same level",
    "no evidence": "the data decide neither way, which is not evidence of the opposite",
    "not testable": "something that the test needs is missing; the reason says what",
}
TERMS = {
    "in doubt": "another estimator of intrinsic dimension or the interval over language families does not support the verdict",
    "detectable": "the smallest effect that a test of this size finds in 80 % of cases at p ≤ 0.05, before correction",
    "brackets": "95 % intervals, not corrected for many tests",
}
