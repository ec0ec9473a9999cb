"""The statistics against known values and against scipy and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from langgeom.analysis import statistics as st


def test_permutations_of_a_correlation() -> None:
    x = np.arange(6.0)
    assert st.correlation_p(x, x) == 2 / math.factorial(6)
    a, b = np.random.default_rng(3).normal(size=(2, 6))
    known = stats.permutation_test(
        (b,), lambda y: abs(stats.pearsonr(a, y).statistic), permutation_type="pairings", alternative="greater"
    )
    assert st.correlation_p(a, b) == pytest.approx(known.pvalue, abs=1e-12)


def test_intervals() -> None:
    values = np.random.default_rng(4).normal(size=12)
    known = stats.ttest_1samp(values, 0).confidence_interval()
    assert st.mean_interval(values) == pytest.approx((known.low, known.high))
    # Bonett & Wright 2000, by hand: atanh(0.6) = 0.6931, error sqrt(1.18 / 22).
    half = 1.959964 * math.sqrt(1.18 / 22)
    assert st.correlation_interval(0.6, 25) == pytest.approx((math.tanh(0.693147 - half), math.tanh(0.693147 + half)), abs=1e-5)


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
    r = st.detectable_correlation(n)
    # The normal distribution's correlation whose Spearman's is r (Pearson 1907).
    found, pearson = 0, 2 * math.sin(math.pi * r / 6)
    for _ in range(1000):
        x, y = noise.normal(size=(2, n))
        found += stats.spearmanr(x, pearson * x + math.sqrt(1 - pearson**2) * y).pvalue <= 0.05
    assert 750 <= found <= 850


def test_a_split_half_predicts_the_whole() -> None:
    # Truth of variance 1, an error of variance 1 in each half: halves correlate at 1/2, wholes (error 1/2) at 2/3.
    noise = np.random.default_rng(8)
    truth = noise.normal(size=100_000)
    one, other = truth + noise.normal(size=(2, truth.size))
    assert st.split_half(np.corrcoef(one, other)[0, 1]) == pytest.approx(2 / 3, abs=0.01)
    assert (st.split_half(1), st.split_half(0), st.split_half(-0.4), st.split_half(-1)) == (1, 0, 0, 0)


def test_partial_ranks_are_those_of_the_formula() -> None:
    x, y, z = np.random.default_rng(9).normal(size=(3, 40))
    x, y = x + z, y - z
    xy, xz, yz = (stats.spearmanr(a, b).statistic for a, b in ((x, y), (x, z), (y, z)))
    known = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    assert st.pearson(st.partial_ranks(x, [z]), st.partial_ranks(y, [z])) == pytest.approx(known, abs=1e-12)
    assert st.pearson(st.partial_ranks(x, []), st.partial_ranks(y, [])) == pytest.approx(xy, abs=1e-12)


def test_the_effective_number_is_that_of_the_correlations_own_variance() -> None:
    x, y = np.random.default_rng(10).normal(size=(2, 20))
    assert st.effective_number(x, y, list("abcdefghijklmnopqrst")) == pytest.approx(20)
    assert st.effective_number(x, y, ["a"] * 20) == pytest.approx(20)
    # Ten groups of two equal units each are worth ten.
    twice = [np.repeat(v[:10], 2) for v in (x, y)]
    assert st.effective_number(*twice, list("aabbccddeeffgghhiijj")) == pytest.approx(10, abs=0.2)
    # A correlation of units in groups varies as one of so many independent units: 1 / (m - 1).
    noise, groups = np.random.default_rng(11), np.repeat(np.arange(8), [7, 4, 1, 1, 1, 1, 1, 1])
    drawn = math.sqrt(0.8) * noise.normal(size=(2, 4000, 8))[:, :, groups] + math.sqrt(0.2) * noise.normal(size=(2, 4000, 17))
    variance = np.mean([st.pearson(a, b) ** 2 for a, b in zip(*drawn, strict=True)])
    worth = [st.effective_number(a, b, list(groups)) for a, b in zip(*drawn[:, :400], strict=True)]
    assert np.median(worth) == pytest.approx(1 + 1 / variance, rel=0.25)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(12).normal(size=9)
    left_out = [np.delete(values, i).mean() for i in range(9)]
    assert st.jackknife_error(left_out) == pytest.approx(stats.sem(values))


def test_rank_correlations_of_rows() -> None:
    x, y = np.random.default_rng(13).normal(size=(2, 3, 12))
    found = st.rank_correlations(x, y)
    assert found[1, 2] == pytest.approx(stats.spearmanr(x[1], y[2]).statistic, abs=1e-12)
    assert np.isnan(st.rank_correlations(np.ones((1, 5)), x[:, :5])).all()
