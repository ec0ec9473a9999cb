"""The outcome of one test, and the few tests that all conclusions are put to.

A claim has two hypotheses that a test may reject: rejecting one supports the claim (`p_for`), rejecting the other contradicts
it (`p_against`). At most one of them is true, so a claim counts once in the correction for many tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import family_of, latin_and_arabic, name_of
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence, Missing

SUPPORTED, CONTRADICTED, NO_EVIDENCE, NOT_TESTABLE = VERDICTS = ("supported", "contradicted", "no evidence", "not testable")

# From this correlation on, two things are "the same" or "alike": they share half of the variance (0.7 squared).
ALIKE = 0.7
# The smallest correlation of interest: a claim of no correlation is supported within these bounds.
SMALL_R = 0.3
# With fewer units no test can reach p <= .05, and the interval of a correlation says nothing.
LEAST_UNITS = st.least_units()
# A trend over fewer layers after the embedding has hardly an order.
LEAST_LAYERS = 4
# A bootstrap over families needs this many, none of them with a larger share of the languages.
LEAST_FAMILIES, LARGEST_FAMILY = 5, 0.7
NAN = float("nan")


class Interval(NamedTuple):
    """An estimate with its bounds."""

    value: float = NAN
    low: float = NAN
    high: float = NAN


NONE = Interval()


@dataclass(frozen=True)
class Outcome:
    """What a test of a conclusion gave.

    Attributes:
        claimed: 1 for a claim of more than `centre`, -1 of less, 0 of no effect.
        centre: the value at which the claim turns into its contrary.
        bound: the smallest effect of interest of a claim of absence.
        shown, shown_centre, shown_bound: the same on an axis from -1 to 1 that all effects share: a correlation as it is, a
            mean of d standard deviations as d / sqrt(1 + d^2), which has the same sign.
        clustered: the interval of a bootstrap over families.
        depends: whether another estimator of intrinsic dimension gives another verdict or side.
        reason: why there is no test, "" if there is one.
    """

    effect: str
    model: str | None = None
    corpus: str | None = None
    value: Interval = NONE
    test: str = ""
    n: int = 0
    unit: str = "languages"
    p_for: float = NAN
    p_against: float = NAN
    detectable: float = NAN
    claimed: int = 1
    centre: float = 0.0
    bound: float = NAN
    shown: Interval = NONE
    shown_centre: float = 0.0
    shown_bound: float = NAN
    clustered: Interval = NONE
    families: int = 0
    depends: bool = False
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

    def fragile(self, verdict: str) -> bool:
        """Return True if the interval over families contradicts the verdict."""
        low, high = self.clustered.low, self.clustered.high
        if math.isnan(low):
            return False
        if verdict == SUPPORTED and self.claimed == 0:
            return not (-self.bound < low and high < self.bound)
        return verdict in (SUPPORTED, CONTRADICTED) and low <= self.centre <= high

    def at(self, panel: Panel) -> Outcome:
        """Return the outcome of a model on a corpus."""
        return replace(self, model=panel[0], corpus=panel[1])

    def noting(self, *notes: str) -> Outcome:
        """Return the outcome with further sentences before its note."""
        return replace(self, note=" ".join(filter(None, [*notes, self.note])))


def untestable(effect: str, reason: str, **more: Any) -> Outcome:
    """Return an outcome that says why there is no test."""
    return replace(Outcome(effect, reason=reason), **more)


def few(effect: str, n: int, what: str, **more: Any) -> Outcome:
    """Return an outcome that says that there are too few units for a test."""
    least = f"under {LEAST_UNITS} no test over them can reach p = .05"
    return untestable(effect, f"only {n} {what}; {least}" if n else f"no {what}", n=n, **more)


def attempt(effect: str, test: Callable[..., Outcome], *arguments: Any) -> Outcome:
    """Return the outcome of a test; if something it needs is missing, an outcome that says so."""
    try:
        return test(*arguments)
    except Missing as missing:
        return untestable(effect, str(missing))


def per_model(evidence: Evidence, effect: str, test: Callable[[Evidence, Panel], Outcome], kind: str = "") -> list[Outcome]:
    """Test each trained model (of a kind) on each corpus of languages."""
    outcomes = [attempt(effect, test, evidence, panel).at(panel) for panel in evidence.panels(kind)]
    return outcomes or [untestable(effect, f"no trained {kind}")] * bool(kind)


def mean_of(
    effect: str, values: pd.Series, claimed: int, seed: int, *, centre: float = 0.0, what: str = "languages",
    unit: str = "languages", by: Sequence[str] = ()
) -> Outcome:  # fmt: skip
    """Test whether the mean over units lies beyond `centre` on the claimed side: by sign flips, with Student's interval.

    Args:
        values: one per unit, index: languages.
        claimed: 1 for a mean above the centre, -1 for one below.
        what: the units in words, for the reason if they are too few; `unit`, in one word, for the table.
        by: the family of each unit; by default that of the index.
    """
    values = values.dropna()
    n = len(values)
    spread = float(values.std(ddof=1)) if n > 1 else NAN
    plain = Interval(float(values.mean()) if n else NAN, *st.mean_interval(values))
    shared: dict[str, Any] = dict(value=plain, claimed=claimed, centre=centre, shown=_standardised(plain, centre, spread))
    if n < LEAST_UNITS:
        # Student's interval of two says nothing but that they are two, nor does their mean in units of their spread.
        bare = {} if n > 2 else {"value": Interval(plain.value), "shown": NONE}
        return few(effect, n, what, unit=unit, **shared | bare)
    p = st.sign_flip_p(values - centre, seed)
    clustered, families = _clustered(list(by) or list(map(family_of, values.index)), seed, values.to_numpy())
    return replace(
        _directed(Outcome(effect, n=n, unit=unit, test=_flips(n)), p, float(values.mean()) - centre, claimed),
        **shared, detectable=st.detectable_mean(n) * spread, clustered=clustered, families=families,
    )  # fmt: skip


def small_mean(
    effect: str, values: pd.Series, bound: float, seed: int, *, what: str, unit: str, by: Sequence[str] = ()
) -> Outcome:  # fmt: skip
    """Test a claim that the mean over units is zero: supported within `bound`, contradicted by a significant mean."""
    found = mean_of(effect, values, 0, seed, what=what, unit=unit, by=by)
    values = values.dropna()
    spread = float(values.std(ddof=1)) if len(values) > 1 else NAN
    shown = _standardise(bound, spread)
    found = replace(found, claimed=0, bound=bound, shown_bound=shown)
    if not found.testable:
        return found
    p = st.equivalence_p(float(values.mean()), spread / math.sqrt(len(values)), bound, len(values) - 1)
    return replace(found, p_for=p, p_against=min(found.p_for, found.p_against), test=f"{found.test}; {_BOUNDS}")


def latin_less_arabic(
    effect: str, values: pd.Series, seed: int, change: Callable[[float, float], float] = lambda latin, arabic: latin - arabic
) -> Outcome:  # fmt: skip
    """Test whether values of texts are higher in Latin than in Arabic script, over languages written in both.

    Args:
        values: one per text.
        change: of (Latin, Arabic), the difference by default.
    """
    pairs = latin_and_arabic(map(str, values.index))
    differences = pd.Series({unit: change(values[latin], values[arabic]) for unit, latin, arabic in pairs}, dtype=float)
    outcome = mean_of(effect, differences, 1, seed, what="languages in Latin and Arabic script")
    each = ", ".join(f"{name_of(str(unit))} {value:+.2g}" for unit, value in differences.items())
    return outcome.noting(f"By language: {each}." if each else "")


def correlation(effect: str, x: pd.Series, y: pd.Series, claimed: int, seed: int, *, ranked: bool) -> Outcome:
    """Test whether two numbers of each language are correlated in the claimed direction: permutations, Fisher's interval."""
    found, p = _correlation(effect, x, y, seed, ranked)
    found = replace(found, claimed=claimed)
    return _directed(found, p, found.value.value, claimed) if found.testable else found


def no_correlation(effect: str, x: pd.Series, y: pd.Series, seed: int) -> Outcome:
    """Test a claim of no correlation (Spearman's): supported within `SMALL_R`, contradicted by a significant one."""
    found, p = _correlation(effect, x, y, seed, ranked=True)
    found = replace(found, claimed=0, bound=SMALL_R, shown_bound=SMALL_R)
    if not found.testable:
        return found
    r = found.value.value
    p_for = st.equivalence_p(st.fisher(r), st.standard_error(r, found.n, True), math.atanh(SMALL_R))
    note = f"Support needs about {st.needed_for_equivalence(SMALL_R)} languages." if p_for > st.LEVEL else ""
    return replace(found, p_for=p_for, p_against=p, test=f"{found.test}; {_BOUNDS}").noting(note)


def alike(effect: str, x: pd.Series, y: pd.Series, seed: int) -> Outcome:
    """Test whether two numbers order the languages alike: Spearman's correlation above `ALIKE`."""
    found, _ = _correlation(effect, x, y, seed, ranked=True)
    found = replace(found, centre=ALIKE, shown_centre=ALIKE)
    if not found.testable:
        return found
    away = (st.fisher(found.value.value) - math.atanh(ALIKE)) / st.standard_error(ALIKE, found.n, True)
    found = replace(found, test=f"Fisher's z against {ALIKE}", detectable=st.detectable_correlation(found.n, True, ALIKE))
    return _directed(found, math.erfc(abs(away) / math.sqrt(2)), away, 1)


_BOUNDS = "two one-sided tests against the bounds"


def _flips(n: int) -> str:
    return f"sign flips over {n} units, {'exact' if n <= st.EXACT_SIGNS else f'{st.DRAWS:,} draws'}"


def _directed(found: Outcome, p: float, away: float, claimed: int) -> Outcome:
    """Assign a two-sided p to the side on which the effect lies."""
    right = away * (claimed or 1) > 0
    return replace(found, p_for=p if right else 1.0, p_against=1.0 if right else p)


def _correlation(effect: str, x: pd.Series, y: pd.Series, seed: int, ranked: bool) -> tuple[Outcome, float]:
    both = pd.concat([x, y], axis=1, join="inner").dropna().sort_index()
    n = len(both)
    a, b = (both.iloc[:, 0].to_numpy(dtype=float), both.iloc[:, 1].to_numpy(dtype=float)) if n else (np.empty(0), np.empty(0))
    if ranked and n:
        a, b = st.ranks(a), st.ranks(b)
    r = st.pearson(a, b) if n > 2 else NAN  # two are always in line
    if n < LEAST_UNITS:
        return few(effect, n, "languages with both numbers", value=Interval(r), shown=Interval(r)), NAN
    if math.isnan(r):
        return untestable(effect, "one of the two numbers is the same in all languages", n=n), NAN
    value = Interval(r, *st.correlation_interval(r, n, ranked))
    clustered, families = _clustered(list(map(family_of, both.index)), seed, a, b)
    name = "Spearman's correlation" if ranked else "Pearson's correlation"
    how = "exact" if n <= st.EXACT_ORDERS else f"{st.DRAWS:,} draws"
    found = Outcome(
        effect, value=value, shown=value, n=n, test=f"{name}, permutations, {how}",
        detectable=st.detectable_correlation(n, ranked), clustered=clustered, families=families,
    )  # fmt: skip
    return found, st.correlation_p(a, b, seed)


def _standardise(distance: float, spread: float) -> float:
    if not spread > 0:
        return NAN if math.isnan(spread) or math.isnan(distance) else float(np.sign(distance))
    d = distance / spread
    return d / math.sqrt(1 + d * d)


def _standardised(value: Interval, centre: float, spread: float) -> Interval:
    return Interval(*(_standardise(bound - centre, spread) for bound in value))


def clusterable(families: Sequence[str]) -> bool:
    """Return whether there are families enough, none of them too large, for a bootstrap over families."""
    counts = pd.Series(list(families)).value_counts()
    return len(counts) >= LEAST_FAMILIES and counts.iloc[0] <= LARGEST_FAMILY * len(families)


def _clustered(families: Sequence[str], seed: int, x: np.ndarray, y: np.ndarray | None = None) -> tuple[Interval, int]:
    """Return the bootstrap interval over families of a mean or correlation, missing unless `clusterable`, and their number."""
    count = len(set(families))
    if not clusterable(families):
        return NONE, count
    weights = st.bootstrap_weights(families, seed)
    draws = st.weighted_mean(weights, x) if y is None else st.weighted_pearson(weights, x, y)
    value = float(x.mean()) if y is None else st.pearson(x, y)
    return Interval(value, *map(float, np.nanquantile(draws, [st.LEVEL / 2, 1 - st.LEVEL / 2]))), count
