"""Statistics over languages, or other independent units: permutation tests, intervals, correction, power.

Everything random is drawn once for each sample size from a seed, so that equal data give equal p. Whatever has few enough
arrangements is enumerated, and its p is exact.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from scipy.stats import rankdata

__all__ = ["LEVEL", "POWER", "bootstrap_weights", "correlation_interval", "correlation_p", "detectable_correlation",
           "detectable_mean", "equivalence_p", "holm", "least_units", "mean_interval", "needed_for_equivalence",
           "pearson", "ranks", "sign_flip_p", "signs", "standard_error", "weighted_mean", "weighted_pairwise",
           "weighted_pearson"]  # fmt: skip

LEVEL, POWER = 0.05, 0.8
DRAWS = 9999
# Up to so many units, all 2^n signs and all n! orders are gone through.
EXACT_SIGNS, EXACT_ORDERS = 13, 7
REPLICATES = 9999
Bounds = tuple[float, float]


@functools.cache
def signs(n: int, seed: int) -> np.ndarray:
    """Return rows of signs: all of them, or draws with the one observed in front."""
    if n <= EXACT_SIGNS:
        return np.array(list(itertools.product((1.0, -1.0), repeat=n)))
    drawn = np.random.default_rng((seed, n, 1)).choice((1.0, -1.0), (DRAWS, n))
    return np.vstack([np.ones(n), drawn])


@functools.cache
def _orders(n: int, seed: int) -> np.ndarray:
    """Return rows of orders of n things: all of them, or draws with the one observed in front."""
    if n <= EXACT_ORDERS:
        return np.array(list(itertools.permutations(range(n))))
    generator = np.random.default_rng((seed, n, 2))
    drawn = generator.permuted(np.tile(np.arange(n), (DRAWS, 1)), axis=1)
    return np.vstack([np.arange(n), drawn])


def least_units(level: float = LEVEL) -> int:
    """Return from how many units on a two-sided test by sign flips can reach a level at all: 2 / 2^n must not exceed it."""
    return math.ceil(math.log2(2 / level))


def sign_flip_p(differences: np.ndarray, seed: int = 0) -> float:
    """Return the two-sided p of a mean of zero, by flipping the signs of the differences.

    Under the null each unit's difference is as likely to have the other sign. Exact up to 13 units (all 2^n signs), else
    9,999 draws, the observed signs counted among them.

    Args:
        differences: [n], one a unit.

    Source: Fisher 1935, The Design of Experiments, section 21; counting the observed one: Phipson & Smyth 2010.
    """
    values = np.asarray(differences, dtype=float)
    means = np.abs(signs(len(values), seed) @ values)
    return float((means >= means[0] * (1 - 1e-12)).mean())


def pearson(x: np.ndarray, y: np.ndarray) -> float:
    """Return Pearson's correlation, NaN where either does not vary; of ranks, it is Spearman's."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    x, y = x - x.mean(), y - y.mean()
    norm = math.sqrt(float(x @ x) * float(y @ y))
    return float(np.clip(x @ y / norm, -1, 1)) if norm > 1e-300 else float("nan")


def correlation_p(x: np.ndarray, y: np.ndarray, seed: int = 0) -> float:
    """Return the two-sided p of no association, by permuting y among the units.

    Exact up to 7 units (all n! orders), else 9,999 draws, the observed order counted among them.

    Args:
        x, y: [n] each; pass ranks for Spearman's correlation.

    Source: Pitman 1937, "Significance tests which may be applied to samples from any populations. II".
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    x, y = x - x.mean(), y - y.mean()
    sums = np.abs(y[_orders(len(y), seed)] @ x)
    return float((sums >= sums[0] * (1 - 1e-12)).mean())


def mean_interval(values: np.ndarray, level: float = LEVEL) -> Bounds:
    """Return Student's 1 - level interval of a mean; NaN for fewer than two values."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return float("nan"), float("nan")
    half = stats.t.ppf(1 - level / 2, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def standard_error(r: float, n: int, ranked: bool) -> float:
    """Return the standard error of atanh(r).

    Source: Fisher 1921 for Pearson's r; Bonett & Wright 2000, Psychometrika 65, equation 9, for Spearman's.
    """
    return math.sqrt((1 + r * r / 2 if ranked else 1) / (n - 3))


def correlation_interval(r: float, n: int, ranked: bool, level: float = LEVEL) -> Bounds:
    """Return the 1 - level interval of a correlation of n > 3 units, by Fisher's z."""
    middle, half = math.atanh(_inside(r)), stats.norm.ppf(1 - level / 2) * standard_error(r, n, ranked)
    return math.tanh(middle - half), math.tanh(middle + half)


def _inside(r: float) -> float:
    return min(max(r, -1 + 1e-9), 1 - 1e-9)


def equivalence_p(value: float, error: float, bound: float, freedom: float = math.inf) -> float:
    """Return the p of an effect of `bound` or beyond, either side; small where the effect is smaller than that.

    Two one-sided tests, doubled: p <= .05 says that the 95 % interval lies within the bounds. (The usual TOST does not
    double, and so asks for the 90 % interval.)

    Args:
        value, error: estimate and its standard error (of a correlation: atanh of it).
        bound: the smallest effect of interest, on the same scale.
        freedom: degrees of freedom of Student's t; the normal distribution where infinite.

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
        return float("nan")
    critical = stats.t.ppf(1 - LEVEL / 2, n - 1)

    def lacking(d: float) -> float:
        # The other tail adds less than 1e-5 at this power.
        return float(stats.nct.sf(critical, n - 1, d * math.sqrt(n))) - POWER

    return float(brentq(lacking, 1e-3, 10 / math.sqrt(n)))


def detectable_correlation(n: int, ranked: bool, around: float = 0.0) -> float:
    """Return the smallest correlation above `around` that a test of n units tells from it (p <= .05) in 80 % of cases."""
    reach = stats.norm.ppf(1 - LEVEL / 2) + stats.norm.ppf(POWER)
    r = around
    for _ in range(50):  # Spearman's error depends on the correlation itself
        r = math.tanh(math.atanh(around) + reach * standard_error(r, n, ranked))
    return r


def needed_for_equivalence(bound: float) -> int:
    """Return how many units put an interval of a correlation of zero within `bound` in 80 % of cases."""
    reach = stats.norm.ppf(1 - LEVEL / 2) + stats.norm.ppf(1 - (1 - POWER) / 2)
    return math.ceil((reach / math.atanh(bound)) ** 2 + 3)


def bootstrap_weights(groups: Sequence[str], seed: int = 0) -> np.ndarray:
    """Return how often each unit is drawn in each bootstrap replicate, whole groups being drawn.

    Args:
        groups: [n], the group of each unit; all different for the plain bootstrap.

    Returns:
        [replicates, n] counts.

    Source: Davison & Hinkley 1997, Bootstrap Methods and their Application, section 3.8.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    return _drawn(len(names), seed)[:, member]


@functools.cache
def _drawn(count: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng((seed, count, 3))
    return generator.multinomial(count, np.full(count, 1 / count), size=REPLICATES).astype(float)


def weighted_mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean of values [n] in each replicate: [replicates]."""
    return weights @ np.asarray(values, dtype=float) / weights.sum(axis=1)


def weighted_pearson(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation in each replicate, NaN where a replicate holds no variation."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    mx, my, mxy, mxx, myy = (weighted_mean(weights, v) for v in (x, y, x * y, x * x, y * y))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (mxy - mx * my) / np.sqrt(np.maximum(mxx - mx * mx, 0) * np.maximum(myy - my * my, 0))
    return np.where(np.isfinite(r), np.clip(r, -1, 1), np.nan)


def weighted_pairwise(weights: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return the mean over pairs of different units of a symmetric table [n, n], in each replicate."""
    table = table - np.diag(np.diag(table))
    pairs = weights.sum(axis=1) ** 2 - (weights**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(pairs > 0, ((weights @ table) * weights).sum(axis=1) / pairs, np.nan)


def ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks of values, ties sharing their mean."""
    return rankdata(values)
