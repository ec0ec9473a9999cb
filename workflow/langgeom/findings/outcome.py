"""The outcome of one test, and the two tests that most claims are put to: of a mean over families, and of a rank correlation.

A claim has two hypotheses that a test may reject: rejecting one supports the claim (`p_for`), rejecting the other contradicts
it (`p_against`). At most one of them is true, so a claim counts once in the correction for many tests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pandas as pd
from scipy import stats

from langgeom import glossary
from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import family_of, per_family
from langgeom.analysis.rows import Panel

VERDICTS = tuple(glossary.VERDICTS)
SUPPORTED, CONTRADICTED, DEPENDS, NO_EVIDENCE, NOT_TESTABLE = VERDICTS

# From this correlation on, two things are "the same" or "alike": they share half of the variance (0.7 squared).
ALIKE = 0.7
# The smallest correlation of interest: a claim of no correlation is supported within these bounds.
SMALL_R = 0.3
# Fewer languages, and means of fewer families, say too little of others.
LEAST_UNITS, LEAST_FAMILIES = 6, 4
# A trend over fewer layers after the embedding has hardly an order.
LEAST_LAYERS = 4
# Two measurements of the same truth must correlate as high as this before a low correlation says that two things differ.
LEAST_CEILING = 0.8
NAN = float("nan")


class Interval(NamedTuple):
    """An estimate with its bounds."""

    value: float = NAN
    low: float = NAN
    high: float = NAN


NONE = Interval()


@dataclass(frozen=True)
class Outcome:
    """What a test of a claim gave.

    Attributes, beside those that `langgeom.table.FINDINGS` describes:
        spread: the standard deviation over units that a mean is shown in; None for a correlation.
        doubt, reason: "" for a verdict that may be relied on, and where there is a test.
    """

    effect: str
    model: str | None = None
    corpus: str | None = None
    value: Interval = NONE
    test: str = ""
    n: int = 0
    unit: str = "languages"
    families: int = 0
    scope: str = "in this model"
    p_for: float = NAN
    p_against: float = NAN
    detectable: float = NAN
    claimed: int = 1
    centre: float = 0.0
    bound: float = NAN
    spread: float | None = None
    doubt: str = ""
    note: str = ""
    reason: str = ""

    @property
    def testable(self) -> bool:
        return not self.reason

    @property
    def p(self) -> float:
        return min(self.p_for, self.p_against)

    def verdict(self, factor: float = 1.0) -> str:
        """Return the verdict, with p multiplied by a factor that corrects for many tests."""
        if not self.testable:
            return NOT_TESTABLE
        if self.p_for * factor <= st.LEVEL:
            return SUPPORTED
        return CONTRADICTED if self.p_against * factor <= st.LEVEL else NO_EVIDENCE

    def at(self, panel: Panel) -> Outcome:
        """Return the outcome of a model on a corpus."""
        return replace(self, model=panel[0], corpus=panel[1])

    def shown(self, value: float) -> float:
        """Return the place of a value on an axis from -1 to 1 that all effects share.

        A correlation is shown as it is, a mean that lies d standard deviations above the centre as d / sqrt(1 + d^2).
        """
        if self.spread is None:
            return value
        d = (value - self.centre) / self.spread if self.spread else math.copysign(math.inf, value - self.centre)
        return 0.0 if value == self.centre else math.copysign(1 / math.sqrt(1 + 1 / d**2), d) if d else d

    def noting(self, *notes: str) -> Outcome:
        """Return the outcome with further sentences before its note."""
        return replace(self, note=" ".join(filter(None, [*notes, self.note])))


def untestable(effect: str, reason: str, **more: Any) -> Outcome:
    """Return an outcome that says why there is no test."""
    return replace(Outcome(effect, reason=reason), **more)


def too_few(n: int, families: int, what: str) -> str:
    """Return why there is no test over so few languages or families, "" if there are enough."""
    if n < LEAST_UNITS:
        some = what.replace("languages", "language").replace("pairs", "pair") if n == 1 else what
        return f"only {n} {some}; a test needs {LEAST_UNITS}" if n else f"no {what}"
    if families < LEAST_FAMILIES:
        return f"the {n} {what} are of only {families} families, which count once each; a test needs {LEAST_FAMILIES}"
    return ""


def decided(outcome: Outcome, error: float, freedom: float, units: int) -> Outcome:
    """Return an outcome with interval and p by Student's t, from the standard error of its value, a mean over units."""
    value, reach = outcome.value.value, float(stats.t.ppf(1 - st.LEVEL / 2, freedom)) * error
    spread = error * math.sqrt(units)
    p_for, p_against = _both_p(outcome, value, error, freedom, outcome.centre, outcome.bound)
    return replace(
        outcome, value=Interval(value, value - reach, value + reach), p_for=p_for, p_against=p_against, spread=spread,
        detectable=st.detectable_mean(units) * spread,
    )  # fmt: skip


def mean_of(
    effect: str, values: pd.Series, claimed: int, *, centre: float = 0.0, bound: float = NAN, what: str = "languages",
    unit: str = "languages"
) -> Outcome:  # fmt: skip
    """Test whether a mean over languages lies beyond `centre` on the claimed side, or within `bound` (claimed 0).

    Languages of a family resemble each other, so the languages of each family are averaged first, and Student's t is that of
    the families' means: its p is right, or too large, however alike the languages of a family are.

    Args:
        values: one per unit, index: languages.
        what: the units in words, for the reason if they are too few; `unit`, in one word, for the table.

    Source: Ibragimov & Müller 2010, Journal of Business & Economic Statistics 28.
    """
    values = values.dropna()
    families = per_family(values)
    n, f = len(values), len(families)
    outcome = Outcome(
        effect, value=Interval(float(families.mean()) if n else NAN), claimed=claimed, centre=centre, bound=bound, n=n,
        unit=unit, families=f, test="t-test over means of families"
    )  # fmt: skip
    if reason := too_few(n, f, what):
        # The spread of few families says too little for an interval, or for a place on the shared axis.
        return replace(outcome, reason=reason, test="", spread=NAN)
    return decided(outcome, float(families.std(ddof=1)) / math.sqrt(f), f - 1, f)


def correlation_of(
    effect: str, *numbers: pd.Series, claimed: int, centre: float = 0.0, bound: float = NAN, ceiling: float = 1.0
) -> Outcome:  # fmt: skip
    """Test Spearman's correlation of two numbers of each language: Fisher's z, for as many languages as they are worth.

    Args:
        numbers: the two, index: languages; any further ones are held constant (partial correlation).
        claimed: 1 or -1 for a claim of more or less than `centre`, 0 for a claim of none, that is, within `bound`.
        ceiling: how high the two would correlate if they were one and the same, measured with the errors they have. The value
            is divided by it; below `LEAST_CEILING` it is left as it is, and no claim of none is supported.
    """
    both = pd.concat(numbers, axis=1, join="inner").dropna().sort_index()
    n, families = len(both), list(map(family_of, both.index))
    outcome = Outcome(effect, claimed=claimed, centre=centre, bound=bound, n=n, families=len(set(families)))
    if reason := too_few(n, LEAST_FAMILIES, "languages with all numbers that the test needs"):
        return replace(outcome, reason=reason)
    columns = [both.iloc[:, place] for place in range(both.shape[1])]
    given = [column for column in columns[2:] if column.nunique() > 1]
    x, y = (st.partial_ranks(column, given) for column in columns[:2])
    r = st.pearson(x, y)
    if math.isnan(r):
        return replace(outcome, reason="one of the two numbers is the same in all languages")
    worth = st.effective_number(x, y, families) - len(given)
    if worth < LEAST_UNITS:
        why = f"{n} languages of {len(set(families))} families tell only as much as {worth:.1f} independent ones"
        return replace(outcome, reason=f"{why}; a test needs {LEAST_UNITS}", value=Interval(r))
    trusted = ceiling >= LEAST_CEILING
    scale, error = ceiling if trusted else 1.0, st.standard_error(r, worth)
    value = Interval(*(min(max(some / scale, -1.0), 1.0) for some in (r, *st.correlation_interval(r, worth))))
    p_for, p_against = _both_p(outcome, st.fisher(r), error, math.inf, st.fisher(centre * scale), st.fisher(bound * scale))
    notes = [
        f"By their families the languages are worth {worth:.1f} independent ones." if worth < n - len(given) - 0.05 else ""
    ]
    if not trusted:
        notes.append(f"Errors of measurement allow at most {ceiling:.2f}, which is too little to support a claim of none.")
    elif scale < 1:
        notes.append(f"As measured it is {r:+.2f}; it is divided by {ceiling:.2f}, the most that errors of measurement allow.")
    return replace(
        outcome, value=value, p_for=p_for if trusted or claimed else 1.0, p_against=p_against,
        test=f"{'partial ' * bool(given)}rank correlation, Fisher's z", note=" ".join(filter(None, notes)),
        detectable=st.detectable_correlation(worth, centre) - centre,
    )  # fmt: skip


def joint(parts: Sequence[Outcome]) -> Outcome:
    """Return the one outcome of a claim of several effects, which is true if all of them are as claimed.

    It is supported if each effect is, contradicted if one is (its p times the number of effects), and shows the effect that is
    farthest from the claim; the note gives the others. An effect that cannot be tested leaves the claim without support.
    """
    testable = [part for part in parts if part.testable]
    if not testable:
        return replace(parts[0], reason="; ".join(dict.fromkeys(part.reason for part in parts)))
    worst = max(testable, key=lambda part: (part.p_for, -part.p_against))
    others = []
    for part in parts:
        value, low, high = part.value
        words = f"{value:+.2f} [{low:.2f}, {high:.2f}]" if part.testable else part.reason
        others += [f"{part.effect[:1].upper()}{part.effect[1:]}: {words}."] * (part is not worst)
    return replace(
        worst, p_for=worst.p_for if len(testable) == len(parts) else 1.0,
        p_against=min(1.0, len(testable) * min(part.p_against for part in testable)),
    ).noting(*others)  # fmt: skip


def _both_p(outcome: Outcome, value: float, error: float, freedom: float, centre: float, bound: float) -> tuple[float, float]:
    """Return the p that would support the claim and the p that would contradict it, by Student's t."""
    away = value - centre
    p = float(2 * stats.t.sf(abs(away) / error, freedom)) if error > 0 else float(away == 0)
    if outcome.claimed == 0:
        return st.equivalence_p(value, error, bound, freedom), p
    return (p, 1.0) if away * outcome.claimed > 0 else (1.0, p)
