"""The statistics against known values and against scipy and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from langgeom.analysis import statistics as st


def test_sign_flips_are_exact_where_all_can_be_gone_through() -> None:
    assert st.sign_flip_p(np.array([1.0, 2, 3, 4, 5, 6])) == 2 / 2**6
    assert st.sign_flip_p(np.array([1.0, -1.0])) == 1.0
    values = np.random.default_rng(1).normal(0.4, 1, 9)
    known = stats.permutation_test((values,), lambda x, axis: x.mean(axis=axis), permutation_type="samples", vectorized=True)
    assert st.sign_flip_p(values) == pytest.approx(known.pvalue, abs=1e-12)


def test_drawn_sign_flips_agree_with_the_t_test() -> None:
    values = np.random.default_rng(2).normal(0.4, 1, 40)
    assert st.sign_flip_p(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=0.01)
    assert st.sign_flip_p(np.ones(40)) == 1 / 10000


def test_a_test_needs_six_units() -> None:
    assert st.least_units() == 6


def test_permutations_of_a_correlation() -> None:
    x = np.arange(6.0)
    assert st.correlation_p(x, x) == 2 / math.factorial(6)
    a, b = np.random.default_rng(3).normal(size=(2, 30)) + np.linspace(0, 1.2, 30)
    assert st.correlation_p(a, b) == pytest.approx(stats.pearsonr(a, b).pvalue, abs=0.01)
    assert st.pearson(st.ranks(a), st.ranks(b)) == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)


def test_intervals() -> None:
    values = np.random.default_rng(4).normal(size=12)
    known = stats.ttest_1samp(values, 0).confidence_interval()
    assert st.mean_interval(values) == pytest.approx((known.low, known.high))
    a, b = np.random.default_rng(5).normal(size=(2, 25))
    pearson = stats.pearsonr(a, b)
    known = pearson.confidence_interval()
    assert st.correlation_interval(pearson.statistic, 25, False) == pytest.approx((known.low, known.high))


def test_equivalence_is_the_interval_within_the_bounds() -> None:
    half = stats.t.ppf(0.975, 9) * 0.1
    assert st.equivalence_p(0.05, 0.1, 0.05 + half, 9) == pytest.approx(0.05)
    assert st.equivalence_p(0.5, 0.1, 0.3) == 1.0


def test_holm_is_that_of_statsmodels() -> None:
    p = np.random.default_rng(6).uniform(size=20) ** 3
    assert np.allclose(st.holm(list(p)), multipletests(p, method="holm")[1], rtol=1e-12)
    assert st.holm([]).size == 0


@pytest.mark.parametrize("n", [6, 20, 100])
def test_the_detectable_mean_is_that_of_statsmodels(n: int) -> None:
    known = TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8, alternative="two-sided")
    assert st.detectable_mean(n) == pytest.approx(known, rel=1e-3)


def test_the_detectable_correlation_is_found_in_four_of_five_cases() -> None:
    noise, n = np.random.default_rng(7), 40
    r = st.detectable_correlation(n, ranked=False)
    found = 0
    for _ in range(1000):
        x, y = noise.normal(size=(2, n))
        found += stats.pearsonr(x, r * x + math.sqrt(1 - r * r) * y).pvalue <= 0.05
    assert 750 <= found <= 850


def test_families_are_drawn_as_wholes() -> None:
    weights = st.bootstrap_weights(["a", "b", "a", "c"])
    assert (weights[:, 0] == weights[:, 2]).all() and (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    values = np.array([1.0, 2, 3, 4])
    assert st.weighted_mean(np.array([[2.0, 0, 2, 1]]), values) == pytest.approx([np.mean([1, 1, 3, 3, 4])])
    drawn = [0, 0, 2, 2, 3]
    x, y = np.array([1.0, 5, 2, 7]), np.array([2.0, 1, 4, 3])
    assert st.weighted_pearson(np.array([[2.0, 0, 2, 1]]), x, y) == pytest.approx([np.corrcoef(x[drawn], y[drawn])[0, 1]])


def test_pairs_of_a_language_with_itself_do_not_count() -> None:
    table = np.array([[1.0, 0.2, 0.4], [0.2, 1.0, 0.6], [0.4, 0.6, 1.0]])
    assert st.weighted_pairwise(np.array([[1.0, 1, 1], [2, 1, 0]]), table) == pytest.approx([0.4, 0.2])
