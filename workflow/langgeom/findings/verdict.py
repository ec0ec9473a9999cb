"""From tests to findings: the conclusions there are, the correction for many tests, verdicts, and rows of the table."""

from __future__ import annotations

import functools
import importlib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from langgeom.analysis import Settings
from langgeom.analysis import statistics as st
from langgeom.files import atomic
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import CONTRADICTED, SUPPORTED, Outcome, per_model
from langgeom.findings.prose import page
from langgeom.table import FINDINGS, METRICS, QUALITY, TEXTS, join, read_table, write_rows

# The estimator of intrinsic dimension that drops copies, and what the names of effects on intrinsic dimension contain.
OTHER, SUBJECT = "id_twonn", "intrinsic dimension"


@dataclass(frozen=True)
class Conclusion:
    """One of the study's conclusions: its number ("C1"), the claim, the question asked of the tables, and the test."""

    id: str
    claim: str
    question: str
    outcomes: Callable[[Evidence], list[Outcome]]


def _load(name: str) -> Conclusion:
    module = importlib.import_module(f"langgeom.findings.{name}")
    outcomes = getattr(module, "outcomes", None) or functools.partial(
        per_model, effect=module.EFFECT, test=module.test, kind=getattr(module, "KIND", "")
    )
    return Conclusion(module.ID, module.CLAIM, module.QUESTION, outcomes)


CONCLUSIONS: Mapping[str, Conclusion] = MappingProxyType({
    conclusion.id: conclusion
    for conclusion in (
        _load(path.stem) for path in sorted(Path(__file__).parent.glob("c*.py")) if re.match(r"c\d+_", path.name)
    )
})  # fmt: skip


def findings(evidence: Evidence, conclusions: Iterable[Conclusion] = tuple(CONCLUSIONS.values())) -> list[dict[str, Any]]:
    """Put conclusions to the test.

    Returns:
        Rows of the table `findings`, by conclusion in the order of the study.
    """
    tested = []
    for conclusion in conclusions:
        outcomes = with_estimator(conclusion.outcomes, evidence)
        outcomes = outcomes or [Outcome("", reason="no trained model on a corpus of languages")]
        tested += [(conclusion, outcome) for outcome in outcomes]
    judged = judge([outcome for _, outcome in tested])
    return [_row(*pair, *verdict) for pair, verdict in zip(tested, judged, strict=True)]


def judge(outcomes: list[Outcome]) -> list[tuple[float, str]]:
    """Return each outcome's adjusted p and verdict.

    Holm's method runs over all tests on one corpus. A claim enters with the smaller of its two p: at most one of its two
    hypotheses is true, so it can go wrong in one way only. If both are rejected (an effect that exists, but is too small to
    matter) a claim of absence is supported.
    """
    adjusted = [float("nan")] * len(outcomes)
    for corpus in {outcome.corpus for outcome in outcomes}:
        places = [i for i, outcome in enumerate(outcomes) if outcome.testable and outcome.corpus == corpus]
        for i, p in zip(places, st.holm([outcomes[i].p for i in places]), strict=True):
            adjusted[i] = float(p)
    # The factor by which the smaller p was corrected holds for the other too.
    return [
        (p, outcome.verdict(p / outcome.p if outcome.p > 0 else 1.0)) for outcome, p in zip(outcomes, adjusted, strict=True)
    ]


def with_estimator(test: Callable[[Evidence], list[Outcome]], evidence: Evidence) -> list[Outcome]:
    """Return the outcomes of a conclusion; those on intrinsic dimension note what the test gives with `OTHER`, if measured.

    In a causal decoder, sentences that begin with the same tokens have equal vectors there at every layer. `id_microscope`
    keeps such copies and rises with them, in each language by another amount; `id_twonn` drops them. A note adds no test to
    those that are corrected together.
    """
    outcomes = test(evidence)
    if evidence.settings.id == OTHER or not any(SUBJECT in outcome.effect for outcome in outcomes):
        return outcomes
    others = {(other.effect, other.model, other.corpus): other for other in test(evidence.with_id(OTHER))}
    noted = []
    for outcome in outcomes:
        other = others.get((outcome.effect, outcome.model, outcome.corpus))
        if SUBJECT in outcome.effect and other is not None and not math.isnan(other.value.value):
            differ = _differences(outcome, other, evidence.settings.id)
            outcome = replace(outcome, depends=bool(differ)).noting(_gives(other, differ), _copies(outcome, evidence))
        noted.append(outcome)
    return noted


def _differences(outcome: Outcome, other: Outcome, metric: str) -> list[str]:
    """Return how the other estimator's outcome differs: in its side, in its verdict before correction."""
    differ = []
    if (outcome.value.value - outcome.centre) * (other.value.value - other.centre) < 0:
        differ.append("other side of " + (f"{outcome.centre:g}" if outcome.centre else "zero"))
    if outcome.verdict() != other.verdict():
        differ.append(f"{outcome.verdict()} with {metric}")
    return differ


def _gives(other: Outcome, differ: list[str]) -> str:
    """Return a sentence on what the other estimator gives, and how that differs."""
    value, low, high = other.value
    interval = "" if math.isnan(low) else f" [{low:.2f}, {high:.2f}]"
    verdict = f", {other.verdict()} before correction" if other.testable else ""
    depends = f"; depends on the estimator ({', '.join(differ)})" if differ else ""
    return f"With {OTHER}, which drops copies: {value:+.2f}{interval}{verdict}{depends}."


def _copies(outcome: Outcome, evidence: Evidence) -> str:
    """Return a sentence on the share of copies among the points of each model of an outcome, over texts."""
    parts = []
    for model in str(outcome.model).split(" / "):
        shares = 100 * evidence.left_out((model, str(outcome.corpus)))
        if len(shares):
            least, most = shares.min(), shares.max()
            parts.append(f"{model} {shares.median():.1f} %" + (f" ({least:.1f} to {most:.1f} %)" if most > least else ""))
    return f"Left out as copies after layer 0, median text (range): {', '.join(parts)}." if parts else ""


def _doubt(outcome: Outcome, verdict: str) -> str | None:
    """Return why a verdict is in doubt, None if it is not."""
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
    words = {
        "finding": conclusion.id, "claim": conclusion.claim, "question": conclusion.question, "model": outcome.model,
        "corpus": outcome.corpus, "effect": outcome.effect or "nothing to measure", "test": outcome.test or None,
        "n": outcome.n, "unit": outcome.unit, "claimed": outcome.claimed, "families": outcome.families or None,
        "verdict": verdict, "doubt": _doubt(outcome, verdict), "reason": outcome.reason or None, "note": outcome.note or None,
    }  # fmt: skip
    return words | {name: None if math.isnan(value) else value for name, value in numbers.items()}


def findings_job(
    metrics: Path, texts: Path, quality: Path, settings: Settings, out_parquet: Path, out_csv: Path, out_md: Path
) -> None:
    """Test every conclusion, and write the findings as a table and as a page.

    Args:
        metrics, texts, quality: the tables, as Parquet.
        settings: what stands for intrinsic dimension and anisotropy, the seed ...
        out_parquet, out_csv, out_md: the files to write.

    Raises:
        UserError: a table that cannot be read.
    """
    evidence = Evidence(read_table(metrics, METRICS), read_table(texts, TEXTS), read_table(quality, QUALITY), settings)
    write_rows(findings(evidence), out_parquet, FINDINGS)
    join([out_parquet], out_parquet, out_csv, FINDINGS)
    with atomic(out_md) as temporary:
        temporary.write_text(page(read_table(out_parquet, FINDINGS)), encoding="utf-8")
