"""From outcomes to findings: the correction for many tests, the verdict, and the rows of the table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from langgeom.findings import statistics as st
from langgeom.findings.estimator import compared
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import CONTRADICTED, NO_EVIDENCE, NOT_TESTABLE, SUPPORTED, VERDICTS, Outcome
from langgeom.findings.registry import CONCLUSIONS, Conclusion

__all__ = ["CONTRADICTED", "NOT_TESTABLE", "NO_EVIDENCE", "SUPPORTED", "VERDICTS", "findings", "judge"]


def findings(evidence: Evidence, conclusions: Iterable[Conclusion] | None = None) -> list[dict[str, Any]]:
    """Put conclusions to the test.

    Args:
        evidence: the tables and settings.
        conclusions: which ones; all where None.

    Returns:
        Rows of the table `findings`, by conclusion in the order of the study.
    """
    found = []
    for conclusion in CONCLUSIONS.values() if conclusions is None else conclusions:
        outcomes = compared(conclusion.outcomes, evidence)
        if not outcomes:
            outcomes = [Outcome("", reason="no trained model on a corpus of languages")]
        found += [(conclusion, outcome) for outcome in outcomes]
    judged = judge([outcome for _, outcome in found])
    return [
        _row(conclusion, outcome, adjusted, verdict)
        for (conclusion, outcome), (adjusted, verdict) in zip(found, judged, strict=True)
    ]


def judge(outcomes: list[Outcome]) -> list[tuple[float, str]]:
    """Return each outcome's adjusted p and verdict.

    Holm's method runs over all tests of one corpus. A claim enters with the smaller of its two p: only one of its two
    hypotheses can be true, so it can go wrong in one way only. Where both are rejected (an effect that is there, but
    too small to matter) a claim of absence is supported.
    """
    adjusted = [float("nan")] * len(outcomes)
    for corpus in {outcome.corpus for outcome in outcomes}:
        mine = [i for i, outcome in enumerate(outcomes) if outcome.testable and outcome.corpus == corpus]
        for i, p in zip(mine, st.holm([outcomes[i].p for i in mine]), strict=True):
            adjusted[i] = float(p)
    # What the correction made of the smaller p holds for the other too.
    return [
        (p, outcome.verdict(p / outcome.p if outcome.p > 0 else 1.0)) for outcome, p in zip(outcomes, adjusted, strict=True)
    ]


def _doubt(outcome: Outcome, verdict: str) -> str | None:
    """Say why a verdict is not to be relied on, if so."""
    if verdict not in (SUPPORTED, CONTRADICTED):
        return None
    doubts = ["depends on the estimator"] * outcome.depends + ["fragile over families"] * outcome.fragile(verdict)
    return ", ".join(doubts) or None


def _row(conclusion: Conclusion, outcome: Outcome, adjusted: float, verdict: str) -> dict[str, Any]:
    numbers = {
        "value": outcome.value.value, "low": outcome.value.low, "high": outcome.value.high, "centre": outcome.centre,
        "bound": outcome.bound, "p": outcome.p, "p_for": outcome.p_for,
        "p_against": outcome.p_against, "p_adjusted": adjusted, "detectable": outcome.detectable,
        "clustered_low": outcome.clustered.low, "clustered_high": outcome.clustered.high,
        "shown": outcome.shown.value, "shown_low": outcome.shown.low, "shown_high": outcome.shown.high,
        "shown_centre": outcome.shown_centre, "shown_bound": outcome.shown_bound,
    }  # fmt: skip
    return {
        "finding": conclusion.id,
        "claim": conclusion.claim,
        "question": conclusion.question,
        "model": outcome.model,
        "corpus": outcome.corpus,
        "effect": outcome.effect or "nothing to measure",
        "test": outcome.test or None,
        "n": outcome.n,
        "unit": outcome.unit,
        "claimed": outcome.claimed,
        "families": outcome.families or None,
        "verdict": verdict,
        "doubt": _doubt(outcome, verdict),
        "reason": outcome.reason or None,
        "note": outcome.note or None,
    } | {name: None if math.isnan(value) else value for name, value in numbers.items()}
