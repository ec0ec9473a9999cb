"""Statistics over languages or other units: fits, intervals, reliability, units in groups, correction, power."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

LEVEL, POWER = 0.05, 0.8
# Up to this many units, all n! orders are tried.
EXACT_ORDERS = 7
NAN = float("nan")
Numbers: TypeAlias = Sequence[float] | np.ndarray | pd.Series
Bounds = tuple[float, float]


@dataclass(frozen=True)
class Fit:
    """A straight line through points, and the correlations of x and y.

    Attributes:
        slope, intercept: of the least squares line of y on x.
        r, r_p: Pearson's correlation and its two-sided p (Student's t, n - 2 degrees of freedom).
        rho, rho_p: Spearman's; p over all orders up to `EXACT_ORDERS` points, else by t.
        n: points with both a finite x and a finite y.
        centre: the mean of x.
        error, slope_error: standard errors of the line's height at `centre` and of its slope.

    All but n are NaN for fewer than 3 points, or where x or y does not vary.
    """

    slope: float
    intercept: float
    r: float
    r_p: float
    rho: float
    rho_p: float
    n: int
    centre: float = NAN
    error: float = NAN
    slope_error: float = NAN

    def line(self, x: Numbers) -> np.ndarray:
        """Return the line's height at each x."""
        return self.intercept + self.slope * np.asarray(x, dtype=float)

    def band(self, x: Numbers) -> tuple[np.ndarray, np.ndarray]:
        """Return the 95 % confidence band of the line (of the mean of y, pointwise) at each x.

        Source: Draper & Smith 1998, Applied Regression Analysis, section 3.1.
        """
        at = np.asarray(x, dtype=float)
        reach = stats.t.ppf(1 - LEVEL / 2, max(self.n - 2, 1)) * np.hypot(self.error, self.slope_error * (at - self.centre))
        return self.line(at) - reach, self.line(at) + reach


def fit_line(x: Numbers, y: Numbers) -> Fit:
    """Fit a straight line by least squares, with both correlations.

    Args:
        x, y: n numbers each; a point with a missing number is left out.

    Raises:
        ValueError: x and y differ in length.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if a.shape != b.shape:
        raise ValueError(f"{a.size} x and {b.size} y")
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    n = len(a)
    if n < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return Fit(NAN, NAN, NAN, NAN, NAN, NAN, n)
    line, ranked = stats.linregress(a, b), stats.spearmanr(a, b)
    rho_p = correlation_p(ranks(a), ranks(b)) if n <= EXACT_ORDERS else float(ranked.pvalue)
    slope, intercept, r, r_p = map(float, (line.slope, line.intercept, line.rvalue, line.pvalue))
    error = float(line.stderr * a.std())  # the residuals' spread / sqrt(n)
    return Fit(slope, intercept, r, r_p, float(ranked.statistic), rho_p, n, float(a.mean()), error, float(line.stderr))


def ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks of values; equal values share their mean rank."""
    return stats.rankdata(values)


def pearson(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation, NaN if either does not vary; of ranks, it is Spearman's."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    x, y = x - x.mean(), y - y.mean()
    norm = math.sqrt(float(x @ x) * float(y @ y))
    return float(np.clip(x @ y / norm, -1, 1)) if norm > 1e-300 else NAN


def correlation_p(x: np.ndarray, y: np.ndarray) -> float:
    """Return the exact two-sided p of no association of a few units [n, n]: all n! orders of y are tried.

    Source: Pitman 1937, "Significance tests which may be applied to samples from any populations. II".
    """
    x, y = x - x.mean(), y - y.mean()
    sums = np.abs(y[np.array(list(itertools.permutations(range(len(y)))))] @ x)
    return float((sums >= sums[0] * (1 - 1e-12)).mean())


def mean_reach(spread: Numbers | float, n: Numbers | int) -> np.ndarray:
    """Return half the width of Student's 95 % interval of a mean, from the standard deviation; NaN for n = 1."""
    n = np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = stats.t.ppf(1 - LEVEL / 2, np.maximum(n - 1, 1)) * np.asarray(spread, dtype=float) / np.sqrt(n)
        return np.where(n > 1, reach, np.nan)


def mean_interval(values: Numbers) -> Bounds:
    """Return Student's 95 % interval of a mean; NaN for fewer than two values."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return NAN, NAN
    half = float(mean_reach(values.std(ddof=1), len(values)))
    return float(values.mean() - half), float(values.mean() + half)


def standard_error(r: float, n: float) -> float:
    """Return the standard error of atanh(r), r Spearman's (Bonett & Wright 2000, Psychometrika 65, equation 9)."""
    return math.sqrt((1 + r * r / 2) / (n - 3))


def fisher(r: float) -> float:
    """Return atanh(r), finite even for a correlation of 1."""
    return math.atanh(min(max(r, -1 + 1e-9), 1 - 1e-9))


def correlation_interval(r: float, n: float) -> Bounds:
    """Return the 95 % interval of a rank correlation of n > 3 units, by Fisher's z."""
    middle, half = fisher(r), stats.norm.ppf(1 - LEVEL / 2) * standard_error(r, n)
    return math.tanh(middle - half), math.tanh(middle + half)


def equivalence_p(value: float, error: float, bound: float, freedom: float = math.inf) -> float:
    """Return the p of an effect of `bound` or more on either side, by Student's t; a small p means a smaller effect.

    Two one-sided tests, doubled: p <= .05 says that the 95 % interval lies within the bounds. (The usual TOST does not
    double, and so asks for the 90 % interval.)

    Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15.
    """
    if error <= 0:
        return 0.0 if abs(value) < bound else 1.0
    return float(min(1.0, 2 * stats.t.sf((bound - abs(value)) / error, freedom)))


def holm(p: Sequence[float]) -> np.ndarray:
    """Return p adjusted by Holm's step-down method.

    Source: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    # statsmodels has it too, but collects garbage on each call, which takes longer than all the rest.
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


@functools.cache
def detectable_mean(n: int) -> float:
    """Return the smallest mean, in standard deviations, that a two-sided t-test on n units finds in 80 % of cases."""
    if n < 3:
        return NAN
    critical = stats.t.ppf(1 - LEVEL / 2, n - 1)

    def missing_power(d: float) -> float:
        # The other tail adds less than 1e-5 at this power.
        return float(stats.nct.sf(critical, n - 1, d * math.sqrt(n))) - POWER

    return float(brentq(missing_power, 1e-3, 10 / math.sqrt(n)))


def detectable_correlation(n: float, around: float = 0.0) -> float:
    """Return the smallest rank correlation above `around` that n units tell from it (p <= .05) in 80 % of cases."""
    reach = stats.norm.ppf(1 - LEVEL / 2) + stats.norm.ppf(POWER)
    r = around
    for _ in range(50):  # Spearman's error depends on the correlation itself
        r = math.tanh(math.atanh(around) + reach * standard_error(r, n))
    return r


def needed_for_equivalence(bound: float) -> int:
    """Return how many units put the interval of a correlation of zero within `bound` in 80 % of cases."""
    reach = stats.norm.ppf(1 - LEVEL / 2) + stats.norm.ppf(1 - (1 - POWER) / 2)
    return math.ceil((reach / math.atanh(bound)) ** 2 + 3)


def split_half(r: float) -> float:
    """Return the reliability of a whole measurement from the correlation r of its two halves (at most 1, at least 0).

    Two whole measurements of the same truth correlate as high as this: the ceiling of any correlation of theirs.

    Source: Spearman 1910 and Brown 1910, British Journal of Psychology 3.
    """
    return max(0.0, 2 * r / (1 + r)) if r > -1 else 0.0


def partial_ranks(x: Numbers, given: Sequence[Numbers]) -> np.ndarray:
    """Return the ranks of x [n] less what a straight line through the ranks of other numbers [n] explains of them."""
    ranked = ranks(np.asarray(x, dtype=float))
    others = np.column_stack([np.ones(len(ranked)), *(ranks(np.asarray(other, dtype=float)) for other in given)])
    return np.asarray(ranked - others @ np.linalg.lstsq(others, ranked)[0])


def effective_number(x: np.ndarray, y: np.ndarray, groups: Sequence[str]) -> float:
    """Return how many independent units a correlation of x and y [n] is worth, of units in groups [n]; at most n.

    Units of a group are taken to be alike by the intraclass correlation of each number (of an analysis of variance).

    Source: Dutilleul 1993, Biometrics 49, section 3, after Clifford, Richardson & Hemon 1989.
    """
    _, member, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    n = len(member)
    centring = np.eye(n) - 1 / n
    same = (member[:, None] == member).astype(float)
    alike = [_intraclass(values, member, sizes) for values in (x, y)]
    one, other = (centring @ ((1 - share) * np.eye(n) + share * same) for share in alike)
    return min(float(n), 1 + float(np.trace(one) * np.trace(other) / np.sum(one * other.T)))


def _intraclass(values: np.ndarray, member: np.ndarray, sizes: np.ndarray) -> float:
    """Return the intraclass correlation of values, 0 to 1; 0 where groups cannot be told from units."""
    n, count = len(values), len(sizes)
    if count in (1, n):
        return 0.0
    means = np.bincount(member, values) / sizes
    between = float(sizes @ (means - values.mean()) ** 2) / (count - 1)
    within = float(((values - means[member]) ** 2).sum()) / (n - count)
    size = (n - float(sizes @ sizes) / n) / (count - 1)
    total = between + (size - 1) * within
    return min(max((between - within) / total, 0.0), 0.99) if total > 0 else 0.0


def jackknife_error(left_out: Numbers) -> float:
    """Return the standard error of an estimate from its values with each of n independent units left out in turn.

    Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 11.5.
    """
    values = np.asarray(left_out, dtype=float)
    return float(np.sqrt((len(values) - 1) * values.var()))


def rank_correlations(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of each row [n, values] with each other row [m, values]: [n, m]; NaN for a constant row."""
    both = []
    for some in (rows, others):
        ranked = stats.rankdata(some, axis=1)
        ranked = ranked - ranked.mean(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            both.append(ranked / np.linalg.norm(ranked, axis=1, keepdims=True))
    return np.clip(both[0] @ both[1].T, -1, 1)
