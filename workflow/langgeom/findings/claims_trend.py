"""C1: one trend over layers in all languages.

Unit: families. Of each language (of the typological sample), the curve of the intrinsic dimension over the layers after the
embedding, measured anew in two halves of its sentences. Two curves that rest on few sentences correlate little, however alike
the languages are; so the rank correlation of two languages' halves is divided by that of a language's own two halves, both as
means over families. "The same trend" is a ratio above 0.7. Error: jackknife over families, Student's t. Not testable where two
whole curves of one language would correlate below 0.8 (Spearman-Brown): noise then hides any trend.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import family_of, per_language
from langgeom.analysis.rows import Panel
from langgeom.findings.claim import claim
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import ALIKE, LEAST_CEILING, LEAST_LAYERS, Interval, Outcome, decided, too_few, untestable

EFFECT = "rank correlation of two languages' curves of the intrinsic dimension, over that of one language's two halves"


@claim(
    1, "The intrinsic dimension has the same trend over layers in every language of the typological sample.",
    "Do the curves of two languages agree more than 0.7 times as well as two halves of one language?", EFFECT, dimension=True,
)  # fmt: skip
def same_trend(evidence: Evidence, panel: Panel) -> Outcome:
    halves = [evidence.curves(evidence.settings.id, panel, half) for half in ("half_a", "half_b")]
    if halves[0].empty:
        return untestable(EFFECT, "the values of the two halves of the sentences are missing")
    layers = halves[0].shape[1]
    if layers < LEAST_LAYERS:
        return untestable(EFFECT, f"a trend takes {LEAST_LAYERS} layers after the embedding, and the model has only {layers}")
    texts = set(halves[0].index) & set(halves[1].index)
    a, b = (per_language(half[half.index.isin(texts & set(evidence.settings.sample) or texts)]) for half in halves)
    # A curve that is flat has no trend to compare.
    varies = (a.nunique(axis=1) > 1) & (b.nunique(axis=1) > 1)
    a, b = a[varies], b[varies]
    families = pd.factorize(pd.Index(map(family_of, map(str, a.index))))[0]
    n, f = len(a), int(families.max(initial=-1)) + 1
    if reason := too_few(n, f, "languages with a curve"):
        return untestable(EFFECT, reason, n=n, families=f)
    table = st.rank_correlations(a.to_numpy(), b.to_numpy())
    cross, own = by_family((table + table.T) / 2, families)
    ceiling = st.split_half(float(own.mean()))
    if ceiling < LEAST_CEILING:
        why = f"two whole curves of one language would correlate at {ceiling:.2f}; below {LEAST_CEILING} noise hides a trend"
        return untestable(EFFECT, why, n=n, families=f)
    outcome = Outcome(
        EFFECT, value=Interval(ratio(cross, own)), n=n, families=f, centre=ALIKE, test="jackknife over families"
    )  # fmt: skip
    left_out = [ratio(np.delete(np.delete(cross, i, 0), i, 1), np.delete(own, i)) for i in range(f)]
    outcome = replace(decided(outcome, st.jackknife_error(left_out), f - 1, f), spread=None)
    return outcome.noting(f"Two whole curves of one language would correlate at {ceiling:.2f}.")


def by_family(table: np.ndarray, families: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average a table [languages, languages] over each pair of families, and its diagonal over each family."""
    member = (families[:, None] == np.arange(families.max() + 1)).astype(float)
    sizes = member.sum(axis=0)
    return member.T @ table @ member / np.outer(sizes, sizes), member.T @ np.diag(table) / sizes


def ratio(cross: np.ndarray, own: np.ndarray) -> float:
    """Return the mean over pairs of two families, divided by the mean of the families' own."""
    n = len(own)
    return float((cross.sum() - np.trace(cross)) / (n * (n - 1)) / own.mean())
