"""C13: do two related decoders show the same patterns.

The models of `figures.compare`, else each two trained decoders with as many layers on one corpus. Unit: languages. Of
each, Spearman's correlation over the layers after the embedding between the curves of the two models (read at the same
relative depths), of the intrinsic dimension and of anisotropy, each tested by itself. "The same" is a mean correlation
above 0.7. Test: sign flips of its distance from 0.7, over languages. Supported: above; contradicted: below. It is a
statement on these two models.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from langgeom.analysis import statistics as st
from langgeom.analysis.pairs import per_language
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import ALIKE, LEAST_LAYERS, Outcome, attempt, mean_of, untestable

ID = "C13"
CLAIM = "Phi-3 and Phi-3.5 show the same patterns of intrinsic dimension and anisotropy."
QUESTION = "Is the rank correlation of the two models' curves, on average over languages, above 0.7?"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each pair of models on both metrics."""
    pairs = list(_pairs(evidence))
    if not pairs:
        wanted = " and ".join(evidence.settings.compare)
        why = f"the models to compare ({wanted}) share no corpus" if wanted else "no two trained decoders have as many layers"
        return [untestable("rank correlation of two models' curves", f"{why}; name two in figures.compare")]
    metrics = (("intrinsic dimension", evidence.settings.id), ("anisotropy", evidence.settings.anisotropy))
    found = []
    for (one, other), (what, metric) in itertools.product(pairs, metrics):
        effect = f"rank correlation of two models' curves of {what}"
        outcome = attempt(effect, _test, effect, evidence, metric, one, other)
        found.append(outcome.at((f"{one[0]} / {other[0]}", one[1])))
    return found


def _pairs(evidence: Evidence) -> Iterator[tuple[Panel, Panel]]:
    named = set(evidence.settings.compare)
    panels = evidence.panels(*("", "") if named else ("decoder", "trained"))
    for one, other in itertools.combinations(panels, 2):
        if one[1] != other[1]:
            continue
        same = evidence.models.at[one, "layers"] == evidence.models.at[other, "layers"]
        if {one[0], other[0]} <= named if named else same:
            yield one, other


def _test(effect: str, evidence: Evidence, metric: str, one: Panel, other: Panel) -> Outcome:
    both = [evidence.curves(metric, panel) for panel in (one, other)]
    layers = min(sum(layer > 0 for layer in curves.columns) for curves in both)
    if layers < LEAST_LAYERS:
        return untestable(effect, f"only {layers} layers after the embedding; {LEAST_LAYERS} make a pattern")
    curves = [evidence.complete_curves(metric, panel) for panel in (one, other)]
    texts = curves[0].index.intersection(curves[1].index)
    pairs = zip(*_on_one_grid(curves[0].loc[texts], curves[1].loc[texts]), strict=True)
    each = pd.Series([st.pearson(st.ranks(x), st.ranks(y)) for x, y in pairs], index=texts, dtype=float)
    outcome = mean_of(effect, per_language(each.dropna()), 1, evidence.settings.seed, centre=ALIKE)
    # A mean of correlations has its place on the axis of correlations.
    return replace(outcome, shown=outcome.value, shown_centre=ALIKE)


def _on_one_grid(one: pd.DataFrame, other: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Read two models' curves [text, layer] at the same relative depths (layer / last layer), those of the shallower one.

    Linear in between; if both have as many layers, the values themselves.
    """
    depths = [np.array(curves.columns, dtype=float) / max(curves.columns) for curves in (one, other)]
    grid = min(depths, key=len)
    read = [
        np.array([np.interp(grid, depth, row) for row in curves.to_numpy(dtype=float)])
        for depth, curves in zip(depths, (one, other), strict=True)
    ]
    return read[0], read[1]
