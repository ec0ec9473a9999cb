"""From tests to findings: the correction for many tests, the second estimator, verdicts, and rows of the table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from langgeom.analysis import Settings
from langgeom.analysis import statistics as st
from langgeom.files import atomic
from langgeom.findings.claim import CONCLUSIONS, Claim
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import CONTRADICTED, DEPENDS, SUPPORTED, Outcome
from langgeom.findings.prose import page
from langgeom.table import FINDINGS, METRICS, PAIRS, QUALITY, TEXTS, join, read_table, write_rows


def findings(evidence: Evidence, conclusions: Iterable[Claim] = tuple(CONCLUSIONS.values())) -> list[dict[str, Any]]:
    """Put claims to the test.

    A claim on intrinsic dimension is tested with a second estimator too. That counts as no further test; but a verdict that the
    second does not give (before correction) depends on the estimator. Where the second cannot test the claim, it says nothing.

    Returns:
        Rows of the table `findings`, by claim in the order of the study.
    """
    name = "id_microscope_distinct" if evidence.settings.id == "id_twonn" else "id_twonn"
    second, rows, conclusions = evidence.with_id(name), [], list(conclusions)
    tested = [(claim, outcome) for claim in conclusions for outcome in claim.outcomes(evidence)]
    claims = [claim for claim in conclusions if claim.dimension and name in evidence.measured]
    others = {(claim.id, other.model, other.corpus, other.unit): other for claim in claims for other in claim.outcomes(second)}
    for (claim, outcome), (adjusted, verdict) in zip(tested, judge([outcome for _, outcome in tested]), strict=True):
        other = others.get((claim.id, outcome.model, outcome.corpus, outcome.unit))
        if other is not None and not math.isnan(other.value.value):
            outcome = outcome.noting(_gives(other, name))
            if verdict in (SUPPORTED, CONTRADICTED) and other.testable and other.verdict() != verdict:
                verdict = DEPENDS
        rows.append(_row(claim, outcome, adjusted, verdict))
    return rows


def judge(outcomes: list[Outcome]) -> list[tuple[float, str]]:
    """Return each outcome's adjusted p and verdict.

    Holm's method runs over all claims on one corpus. A claim enters with the smaller of its two p: at most one of its two
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


def _gives(other: Outcome, metric: str) -> str:
    """Return a sentence on what a second estimator gives."""
    value, low, high = other.value
    interval = "" if math.isnan(low) else f" [{low:.2f}, {high:.2f}]"
    verdict = f", {other.verdict()} before correction" if other.testable else ", not testable"
    return f"With {metric} {value:+.2f}{interval}{verdict}."


def _row(claim: Claim, outcome: Outcome, adjusted: float, verdict: str) -> dict[str, Any]:
    value, low, high = outcome.value
    row = asdict(outcome) | {
        "finding": claim.id, "claim": claim.claim, "question": claim.question, "value": value, "low": low, "high": high,
        "shown": outcome.shown(value), "shown_low": outcome.shown(low), "shown_high": outcome.shown(high),
        "shown_centre": outcome.centre if outcome.spread is None else 0.0,
        "shown_bound": outcome.shown(outcome.bound), "p": outcome.p, "p_adjusted": adjusted, "verdict": verdict,
        "doubt": outcome.doubt if verdict in (SUPPORTED, CONTRADICTED) else "", "families": outcome.families or None,
    }  # fmt: skip
    del row["spread"]
    return {name: None if value in ("", None) or value != value else value for name, value in row.items()}


def findings_job(
    metrics: Path, texts: Path, quality: Path, pairs: Path, settings: Settings, out_parquet: Path, out_csv: Path, out_md: Path
) -> None:
    """Test every claim, and write the findings as a table and as a page.

    Args:
        metrics, texts, quality, pairs: the tables, as Parquet.
        settings: what stands for intrinsic dimension and anisotropy, the number format ...
        out_parquet, out_csv, out_md: the files to write.

    Raises:
        UserError: a table that cannot be read.
    """
    tables = (read_table(metrics, METRICS), read_table(texts, TEXTS), read_table(quality, QUALITY), read_table(pairs, PAIRS))
    evidence = Evidence(*tables, settings)
    write_rows(findings(evidence), out_parquet, FINDINGS)
    join([out_parquet], out_parquet, out_csv, FINDINGS)
    with atomic(out_md) as temporary:
        temporary.write_text(page(read_table(out_parquet, FINDINGS), evidence.left_out, settings), encoding="utf-8")
