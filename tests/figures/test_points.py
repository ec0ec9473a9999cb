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

from langgeom.analysis.statistics import fit_line
from langgeom.figures.drawing import styled
from langgeom.figures.page import page
from langgeom.figures.points import Points, families_of, fit_words, verdict


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


def points(n: int, **more: object) -> pd.DataFrame:
    """Return points of n texts in as many languages."""
    names = [f"q{i // 26 % 26 + 97:c}{i % 26 + 97:c}_Latn" for i in range(n)]
    missing = dict.fromkeys(["low", "high", "x_low", "x_high"], np.nan)
    return pd.DataFrame({"text": names, **dict(zip("xy", sample(n), strict=True)), **missing}).assign(**more)


def drawn(panel: Points) -> Axes:
    panel.looks, _ = families_of(list(panel.rows["text"]))
    (axes,) = page("Title", "note", [[panel]], 4.0).axes
    return axes


@pytest.mark.parametrize(("n", "least"), [(3, 3), (22, 21), (60, 24)])
def test_names_cover_no_point_and_no_name_and_stay_in_the_frame(n: int, least: int) -> None:
    with styled():
        axes = drawn(Points(rows=points(n), reference="qab_Latn"))
        axes.figure.draw_without_rendering()  # type: ignore[union-attr]
        frame = axes.get_window_extent()
        texts = [text for text in axes.texts if text.get_text()]
        boxes = [text.get_window_extent() for text in texts]
        marks = axes.transData.transform(points(n)[["x", "y"]].to_numpy())
        plt.close("all")
    names = [text.get_text() for text in texts]
    assert len(names) >= least and "qab" in names
    # `get_window_extent` of a name with a joint includes the joint: only those without are compared whole.
    bare = [box for box, text in zip(boxes, texts, strict=True) if text.arrow_patch is None]  # type: ignore[attr-defined]
    assert not any(one.padded(-1).overlaps(other) for one, other in combinations(bare, 2))
    assert not any(box.contains(*mark) for box in bare for mark in marks)
    assert all(frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1 for box in bare)


def test_a_line_is_fitted_unless_most_texts_are_at_chance() -> None:
    with styled():
        fitted, guessed = Points(rows=points(20)), Points(rows=points(20, low=0.0, high=99.0), chance=("y", 5.0))
        assert len(drawn(fitted).lines) == 1 and fitted.fit == fit_line(*sample(20))
        assert len(drawn(guessed).lines) == 1 and np.isnan(guessed.fit.slope)  # that of chance
        assert f"r = {fitted.fit.r:.2f}" in fitted.title and "r =" not in guessed.title
        plt.close("all")


def test_the_verdict_is_that_of_the_model_and_of_the_effect() -> None:
    rows = [("C14", "a", "u", "correlation with the intrinsic dimension", "supported", 0.0001),
            ("C14", "a", "u", "correlation with retrieval", "depends on the estimator", 0.5),
            ("C6", "a", "u", "intrinsic dimension", "not testable", np.nan)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["finding", "model", "corpus", "effect", "verdict", "p_adjusted"])
    assert verdict(table, "C14", ("a", "u")) == "C14: supported (p < 0.001)"
    assert verdict(table, "C14", ("a", "u"), False) == "C14: depends on the estimator (p = 0.500)"
    assert verdict(table, "C6", ("a", "u")) == "C6: not testable" and verdict(table, "C6", ("b", "u")) == ""
