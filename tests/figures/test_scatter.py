"""Scatter plots: the fit against scipy's, and names that cover nothing."""

from __future__ import annotations

from itertools import combinations
from math import isnan

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from scipy import stats

from langgeom.analysis.statistics import Fit, fit_line
from langgeom.figures.drawing import styled
from langgeom.figures.scatter import draw_scatter, fit_words
from langgeom.figures.style import page


def sample(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(1.6, 0.3, n)
    return x, 10 + 2 * x + rng.normal(0, 0.8, n)


@pytest.mark.parametrize("n", [5, 22, 100])
def test_line_and_pearson_are_scipys(n: int) -> None:
    x, y = sample(n)
    fit, theirs = fit_line(x, y), stats.linregress(x, y)
    assert (fit.slope, fit.intercept, fit.r) == pytest.approx((theirs.slope, theirs.intercept, theirs.rvalue))
    assert fit.r_p == pytest.approx(stats.pearsonr(x, y).pvalue) and fit.n == n


def test_spearman_is_scipys_with_ties() -> None:
    x, y = np.round(sample(40), 1)
    fit, theirs = fit_line(x, y), stats.spearmanr(x, y)
    assert (fit.rho, fit.rho_p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_spearmans_p_of_few_points_counts_all_orders() -> None:
    # Of the 24 orders of four ranks, one rises and one falls throughout.
    assert fit_line([1, 2, 3, 4], [1, 3, 7, 20]).rho_p == pytest.approx(2 / 24)
    x, y = sample(6)
    exact = stats.permutation_test((x,), lambda x: stats.spearmanr(x, y).statistic, permutation_type="pairings").pvalue
    assert fit_line(x, y).rho_p == pytest.approx(exact)


def test_band_is_narrowest_at_the_centre_and_that_of_the_text_book() -> None:
    x, y = sample(20)
    fit = fit_line(x, y)
    at = np.array([x.min(), x.mean(), x.max()])
    low, high = fit.band(at)
    assert np.allclose((low + high) / 2, fit.line(at)) and (high - low).argmin() == 1
    design = np.column_stack([np.ones(20), x])
    residual = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    covariance = np.linalg.inv(design.T @ design) * (residual @ residual) / 18
    here = np.column_stack([np.ones(3), at])
    half = stats.t.ppf(0.975, 18) * np.sqrt(np.einsum("ij,jk,ik->i", here, covariance, here))
    assert np.allclose((high - low) / 2, half)


def test_the_band_covers_the_true_line_as_often_as_it_says() -> None:
    rng, covered = np.random.default_rng(1), 0
    x = np.linspace(0, 1, 12)
    for _ in range(2000):
        low, high = fit_line(x, 1 + 2 * x + rng.normal(0, 1, 12)).band([0.9])
        covered += bool(low[0] <= 2.8 <= high[0])
    assert covered / 2000 == pytest.approx(0.95, abs=4 * np.sqrt(0.05 * 0.95 / 2000))


@pytest.mark.parametrize(("x", "y"), [([], []), ([1.0, 2.0], [1.0, 5.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]),
                                      ([1.0, 2.0, 3.0], [4.0, 4.0, 4.0])])  # fmt: skip
def test_no_line_where_there_is_none(x: list[float], y: list[float]) -> None:
    fit = fit_line(x, y)
    assert all(map(isnan, (fit.slope, fit.intercept, fit.r, fit.r_p, fit.rho, fit.rho_p))) and fit.n == len(x)
    assert fit_words(fit) == f"n = {len(x)}: no line"


def test_missing_values_do_not_count_and_lengths_must_agree() -> None:
    x, y = sample(10)
    holes = np.append(y, np.nan)
    assert fit_line(np.append(x, 2.0), holes) == fit_line(x, y)
    with pytest.raises(ValueError, match="3 x and 2 y"):
        fit_line([1, 2, 3], [1, 2])


def test_the_words_name_both_correlations() -> None:
    fit = Fit(-1, 0, -0.314, 0.0004, 0.05, 0.0721, 22)
    assert fit_words(fit) == "r = −0.31 (p < 0.001), n = 22\nρ = 0.05 (p = 0.072)"


def axes_of(size: float = 3.1) -> Axes:
    axes = page("Title", "note", [[True]], size, [size]).axes[0][0]
    assert axes is not None
    return axes


@pytest.mark.parametrize(("n", "least"), [(3, 3), (22, 22), (60, 24)])
def test_names_cover_no_point_and_no_name_and_stay_in_the_frame(n: int, least: int) -> None:
    x, y = sample(n)
    points = pd.DataFrame({"x": x, "y": y, "name": [f"Language {number}" for number in range(n)]})
    with styled():
        axes = axes_of()
        assert draw_scatter(axes, points, keep=["Language 1"]) == fit_line(x, y)
        axes.figure.draw_without_rendering()  # type: ignore[union-attr]
        frame = axes.get_window_extent()
        boxes = [text.get_window_extent() for text in axes.texts]
        names = [text.get_text() for text in axes.texts]
        marks = axes.transData.transform(np.column_stack([x, y]))
        plt.close("all")
    assert len(names) >= least and "Language 1" in names
    # `get_window_extent` of a name with a joint includes the joint: only those without are compared whole.
    bare = [box for box, text in zip(boxes, axes.texts, strict=True) if text.arrow_patch is None]  # type: ignore[attr-defined]
    assert not any(one.padded(-1).overlaps(other) for one, other in combinations(bare, 2))
    assert not any(box.contains(*mark) for box in bare for mark in marks)
    assert all(frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 for box in bare)


def test_the_limits_hold_the_points_and_a_scale_set_before_stays() -> None:
    points = pd.DataFrame({"x": [1.0, 10.0, 100.0], "y": [1.0, 2.0, 3.5], "name": list("abc"), "low": [0.5, np.nan, 3.0],
                           "high": [1.5, np.nan, 4.0]})  # fmt: skip
    with styled():
        axes = axes_of()
        axes.set_xscale("log")
        draw_scatter(axes, points)
        assert axes.get_xscale() == "log" and axes.get_xlim()[0] > 0.5 and axes.get_ylim()[0] < 0.5 < 4 < axes.get_ylim()[1]
        assert {text.get_text() for text in axes.texts} == {"a", "b", "c"}
        plt.close("all")


def test_no_points_draw_nothing() -> None:
    with styled():
        axes = axes_of()
        assert draw_scatter(axes, pd.DataFrame({"x": [np.nan], "y": [1.0], "name": ["a"]})).n == 0
        assert not axes.texts
        plt.close("all")
