"""Each claim on tables where the truth is planted: found where it is, not claimed where it is not."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.stats import binom

from findings.planted import ABSENT, EDGE, PLANTED, PRESENT, RELATIVES, REVERSED, normal, planted
from langgeom.findings import CONCLUSIONS, findings
from langgeom.findings.outcome import CONTRADICTED, NO_EVIDENCE, SUPPORTED

TABLES = 100
ABSENCE, ALIKE = ("C4", "C5", "C14"), ("C1", "C8", "C13")


def most(tables: int, rate: float = 0.05) -> int:
    """Return what so many tables with a false alarm at this rate stay within in 99.9 % of cases."""
    return int(binom.ppf(0.999, tables, rate))


@functools.cache
def verdicts(conclusion: str, truth: str, tables: int = TABLES, icc: float | None = None) -> list[str]:
    """Return the verdict on each of the tables; each is a corpus of its own."""
    found = findings(planted(conclusion, truth, range(tables), icc), [CONCLUSIONS[conclusion]])
    assert len(found) == len({row["corpus"] for row in found}) == tables
    return [row["verdict"] for row in found]


def share(found: list[str], *verdict: str) -> int:
    return sum(one in verdict for one in found)


def test_every_conclusion_is_planted() -> None:
    assert list(CONCLUSIONS) == list(PLANTED)


@pytest.mark.parametrize("conclusion", list(PLANTED))
def test_what_is_there_is_found_and_its_contrary_contradicted(conclusion: str) -> None:
    assert verdicts(conclusion, PRESENT, 5) == [SUPPORTED] * 5
    assert verdicts(conclusion, REVERSED, 5) == [CONTRADICTED] * 5


@pytest.mark.parametrize("conclusion", list(PLANTED))
def test_false_alarms_are_as_rare_as_they_claim(conclusion: str) -> None:
    # Where the claim is neither true nor turned round, both verdicts are wrong; of a claim of no effect, "contradicted" is.
    wrong = (CONTRADICTED,) if conclusion in ABSENCE else (SUPPORTED, CONTRADICTED)
    assert share(verdicts(conclusion, EDGE if conclusion in ALIKE else ABSENT), *wrong) <= most(TABLES)


@pytest.mark.parametrize("conclusion", ABSENCE)
def test_an_effect_just_as_large_as_matters_is_not_called_none(conclusion: str) -> None:
    assert share(verdicts(conclusion, EDGE), SUPPORTED) <= most(TABLES)


def test_curves_of_their_own_have_no_trend_in_common() -> None:
    assert share(verdicts("C1", ABSENT), SUPPORTED) == 0


@pytest.mark.parametrize("conclusion", ["C4", "C14"])
def test_few_languages_are_no_evidence_of_absence(conclusion: str) -> None:
    found = verdicts(conclusion, ABSENT)
    assert share(found, SUPPORTED) <= most(TABLES) and share(found, NO_EVIDENCE) >= 0.85 * TABLES


# A mean (C10), a correlation (C4) and curves (C1); a language in seven is Indo-European.
@pytest.mark.parametrize("icc", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("conclusion", "truth"), [("C10", ABSENT), ("C4", ABSENT), ("C1", EDGE)])
def test_families_make_no_false_alarms(conclusion: str, truth: str, icc: float) -> None:
    wrong = (CONTRADICTED,) if conclusion == "C4" else (SUPPORTED, CONTRADICTED)
    assert share(verdicts(conclusion, truth, 200, icc), *wrong) <= most(200, 0.06)


def test_families_are_planted() -> None:
    noise, names = np.random.default_rng(0), [f"{lang}_Latn" for lang in RELATIVES]
    drawn = np.array([normal(noise, names, 0.9) for _ in range(400)])
    r = np.corrcoef(drawn.T)
    assert r[0, 1] == pytest.approx(0.9, abs=0.05) and r[7, 8] == pytest.approx(0.9, abs=0.05) and abs(r[0, 7]) < 0.2
