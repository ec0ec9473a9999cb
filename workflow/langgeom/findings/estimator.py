"""Whether a finding depends on the estimator of intrinsic dimension: what the same test says of one that drops copies.

In a causal decoder, sentences that begin with the same tokens have equal vectors at those positions at every layer.
`id_microscope` keeps such copies in its ECDF and rises with them, in each language by another amount; `id_twonn` drops
them. What is said here is a note to the row: it adds no test to those that are corrected together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome

__all__ = ["OTHER", "compared"]

OTHER = "id_twonn"
# Effects of the intrinsic dimension have it in their name, others are the same whatever stands for it.
SUBJECT = "intrinsic dimension"


def compared(test: Callable[[Evidence], list[Outcome]], evidence: Evidence) -> list[Outcome]:
    """Return the outcomes of a conclusion; those on intrinsic dimension say what they would be with `OTHER`, if measured."""
    outcomes = test(evidence)
    if evidence.settings.id == OTHER or not any(SUBJECT in outcome.effect for outcome in outcomes):
        return outcomes
    others = {(other.effect, other.model, other.corpus): other for other in test(evidence.with_id(OTHER))}
    found = []
    for outcome in outcomes:
        other = others.get((outcome.effect, outcome.model, outcome.corpus))
        there = SUBJECT in outcome.effect and other is not None and not math.isnan(other.value.value)
        if there and other:
            differ = _differ(outcome, other, evidence.settings.id)
            outcome = replace(outcome, depends=bool(differ)).noting(_said(other, differ), _copies(outcome, evidence))
        found.append(outcome)
    return found


def _differ(mine: Outcome, other: Outcome, metric: str) -> list[str]:
    """Return in which ways the other estimator's outcome is another: its side, its verdict before correction."""
    differ = []
    if (mine.value.value - mine.centre) * (other.value.value - other.centre) < 0:
        differ.append("other side of " + (f"{mine.centre:g}" if mine.centre else "zero"))
    if mine.verdict() != other.verdict():
        differ.append(f"{mine.verdict()} with {metric}")
    return differ


def _said(other: Outcome, differ: list[str]) -> str:
    """Return what the other estimator gives, and in which ways that is another finding."""
    value = other.value
    interval = "" if math.isnan(value.low) else f" [{value.low:.2f}, {value.high:.2f}]"
    said = f"With {OTHER}, which drops copies: {value.value:+.2f}{interval}"
    said += f", {other.verdict()} before correction" if other.testable else ""
    return said + (f"; depends on the estimator ({', '.join(differ)})." if differ else ".")


def _copies(outcome: Outcome, evidence: Evidence) -> str:
    """Return the share of copies among the points of each model of an outcome, over texts."""
    said = []
    for model in str(outcome.model).split(" / "):
        shares = 100 * evidence.left_out((model, str(outcome.corpus)))
        if len(shares):
            least, most = shares.min(), shares.max()
            said.append(f"{model} {shares.median():.1f} %" + (f" ({least:.1f} to {most:.1f} %)" if most > least else ""))
    return f"Left out as copies after layer 0, median text (range): {', '.join(said)}." if said else ""
