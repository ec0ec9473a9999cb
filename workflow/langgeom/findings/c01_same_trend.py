"""C1: one trend over layers in all languages.

Unit: languages (a language in several scripts is the mean of its curves). Of each, the curve of the intrinsic dimension
over the layers after the embedding. Effect: the mean over all pairs of languages of Spearman's correlation of their
curves (as Kendall's W says it: W = (1 + (m - 1) r) / m). Interval: bootstrap over languages. "The same trend" is a mean
correlation above 0.7. Supported: the interval lies above 0.7, and curves turned upside down at random (signs flipped,
whole languages at a time, so that a curve's own smoothness stays) are not as alike. Contradicted: the interval lies below
0.7. Source: Kendall & Babington Smith 1939 for W.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import family_of, name_of, per_language
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import (
    ALIKE,
    LEAST_LAYERS,
    LEAST_UNITS,
    NONE,
    Interval,
    Outcome,
    clusterable,
    few,
    untestable,
)

ID = "C1"
CLAIM = "The intrinsic dimension has the same trend over layers in every language of the typological sample."
QUESTION = "Is the mean rank correlation between the curves of two languages above 0.7?"
EFFECT = "mean rank correlation between the languages' curves of the intrinsic dimension"


def test(evidence: Evidence, panel: Panel) -> Outcome:
    curves = evidence.curves(evidence.settings.id, panel)
    sample = set(curves.index) & set(evidence.settings.sample) or set(curves.index)
    layers = sum(layer > 0 for layer in curves.columns)
    if layers < LEAST_LAYERS:
        return untestable(EFFECT, f"only {layers} layers after the embedding; {LEAST_LAYERS} make a trend")
    rows = evidence.complete_curves(evidence.settings.id, panel)
    rows = per_language(rows[rows.index.isin(sample)])
    # A curve that is flat has no trend to compare.
    rows = rows[rows.nunique(axis=1) > 1]
    n, seed = len(rows), evidence.settings.seed
    if n < LEAST_UNITS:
        return few(EFFECT, n, "languages with a curve")
    table = st.rank_correlations(rows.to_numpy())
    value, low, high, p = _bootstrapped(table, list(map(str, rows.index)), seed)
    # An effect of 2.8 standard errors is found in 80 % of cases.
    detectable = ALIKE + 2.8 * (high - low) / 3.92
    families = list(map(family_of, map(str, rows.index)))
    return Outcome(
        EFFECT, value=Interval(value, low, high), shown=Interval(value, low, high), centre=ALIKE, shown_centre=ALIKE, n=n,
        test=f"bootstrap over languages against {ALIKE}, and sign flips of whole curves", note=_note(table, rows),
        p_for=max(p, _flipped(table, seed)) if value > ALIKE else 1.0, p_against=p if value < ALIKE else 1.0,
        detectable=detectable if detectable < 1 else float("nan"), families=len(set(families)),
        clustered=Interval(*_bootstrapped(table, families, seed)[:3]) if clusterable(families) else NONE,
    )  # fmt: skip


def _mean_of_pairs(table: np.ndarray) -> float:
    n = len(table)
    return float((table.sum() - np.trace(table)) / (n * (n - 1)))


def _bootstrapped(table: np.ndarray, groups: list[str], seed: int) -> tuple[float, float, float, float]:
    """Return the mean over pairs, its 95 % interval, and the two-sided p of 0.7, by bootstrap over groups of languages.

    Drawing with replacement leaves out the pairs of a language with itself, which would be 1.
    """
    draws = st.weighted_pairwise(st.bootstrap_weights(groups, seed), table)
    draws = draws[np.isfinite(draws)]
    # The bootstrap's spread of a mean is too small by (n - 1) / n.
    middle = _mean_of_pairs(table)
    draws = middle + (draws - draws.mean()) * np.sqrt(len(table) / (len(table) - 1))
    low, high = np.quantile(draws, [st.LEVEL / 2, 1 - st.LEVEL / 2])
    beyond = min((draws <= ALIKE).sum(), (draws >= ALIKE).sum())
    return middle, float(low), float(high), min(1.0, 2 * (1 + beyond) / (1 + len(draws)))


def _flipped(table: np.ndarray, seed: int) -> float:
    """Return the p of no common trend: how often curves are as alike when each may be turned upside down."""
    signs = st.signs(len(table), seed)
    sums = ((signs @ table) * signs).sum(axis=1)
    return float((sums >= sums[0] - 1e-9).mean())


def _note(table: np.ndarray, rows: pd.DataFrame) -> str:
    n = len(table)
    w = (1 + (n - 1) * _mean_of_pairs(table)) / n
    # Each language against the mean of the others' ranks.
    ranked = np.apply_along_axis(st.ranks, 1, rows.to_numpy())
    others = [st.pearson(ranked[i], st.ranks(np.delete(ranked, i, axis=0).mean(axis=0))) for i in range(n)]
    lowest = int(np.argmin(others))
    below = sum(value < ALIKE for value in others)
    many = f"{below} of {n} languages are below 0.7" if below else "none is below 0.7"
    return (
        f"Kendall's W {w:.2f}. Against the mean of the others, the least alike is {name_of(str(rows.index[lowest]))} "
        f"({others[lowest]:+.2f}); {many}."
    )
