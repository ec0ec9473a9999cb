"""Each conclusion on tables where the truth is planted: found where it is, not claimed where it is not."""

from __future__ import annotations

import functools

import pytest
from scipy.stats import binom

from findings.planted import ABSENT, EDGE, PLANTED, PRESENT, REVERSED, planted
from langgeom.findings import CONCLUSIONS, findings
from langgeom.findings.outcome import CONTRADICTED, NO_EVIDENCE, SUPPORTED

TABLES = 200
# What 200 tables with a false alarm in 5 % of them stay within in 99.9 % of cases.
MOST = int(binom.ppf(0.999, TABLES, 0.05))
ABSENCE, ALIKE = ("C4", "C5", "C14"), ("C1", "C8", "C13")


@functools.cache
def verdicts(conclusion: str, truth: str, tables: int = TABLES) -> list[set[str]]:
    """Return the verdicts on each of the tables; each is a corpus, and tests of one corpus are corrected together."""
    found: dict[str, set[str]] = {}
    for row in findings(planted(conclusion, truth, range(tables)), [CONCLUSIONS[conclusion]]):
        found.setdefault(str(row["corpus"]), set()).add(str(row["verdict"]))
    assert len(found) == tables
    return list(found.values())


def share(found: list[set[str]], *verdict: str) -> int:
    return sum(bool(one & set(verdict)) for one in found)


def test_every_conclusion_is_planted() -> None:
    assert list(CONCLUSIONS) == list(PLANTED) == [f"C{number}" for number in range(1, 15)]


@pytest.mark.parametrize("conclusion", list(PLANTED))
def test_what_is_there_is_found_and_its_contrary_contradicted(conclusion: str) -> None:
    assert verdicts(conclusion, PRESENT, 10) == [{SUPPORTED}] * 10
    assert verdicts(conclusion, REVERSED, 10) == [{CONTRADICTED}] * 10


@pytest.mark.parametrize("conclusion", list(PLANTED))
def test_false_alarms_are_as_rare_as_they_claim(conclusion: str) -> None:
    # Where the claim is neither true nor turned round, both verdicts are wrong; of a claim of no effect, "contradicted" is.
    wrong = (CONTRADICTED,) if conclusion in ABSENCE else (SUPPORTED, CONTRADICTED)
    assert share(verdicts(conclusion, EDGE if conclusion in ALIKE else ABSENT), *wrong) <= MOST


@pytest.mark.parametrize("conclusion", ABSENCE)
def test_an_effect_just_as_large_as_matters_is_not_called_none(conclusion: str) -> None:
    assert share(verdicts(conclusion, EDGE), SUPPORTED) <= MOST


def test_curves_of_their_own_have_no_trend_in_common() -> None:
    assert share(verdicts("C1", ABSENT), SUPPORTED) == 0


@pytest.mark.parametrize("conclusion", ["C4", "C14"])
def test_few_languages_are_no_evidence_of_absence(conclusion: str) -> None:
    found = verdicts(conclusion, ABSENT)
    assert share(found, SUPPORTED) <= MOST and share(found, NO_EVIDENCE) >= 0.85 * TABLES
