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

import pandas as pd

from langgeom.findings import statistics as st
from langgeom.findings.curves import LEAST_LAYERS, after_embedding, on_one_grid
from langgeom.findings.evidence import Evidence, Panel, per_language
from langgeom.findings.outcome import ALIKE, Outcome, mean_of, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

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
    found = []
    for one, other in pairs:
        for what, metric in (("intrinsic dimension", evidence.settings.id), ("anisotropy", evidence.settings.anisotropy)):
            effect = f"rank correlation of two models' curves of {what}"
            curves = [evidence.curves(metric).get(panel) for panel in (one, other)]
            outcome = _of(effect, curves[0], curves[1], evidence.settings.seed)
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


def _of(effect: str, one: pd.DataFrame | None, other: pd.DataFrame | None, seed: int) -> Outcome:
    if one is None or other is None:
        return untestable(effect, "not measured in both models")
    one, other = after_embedding(one), after_embedding(other)
    layers = min(one.shape[1], other.shape[1])
    if layers < LEAST_LAYERS:
        return untestable(effect, f"only {layers} layers after the embedding; {LEAST_LAYERS} make a pattern")
    texts = one.index.intersection(other.index)
    pairs = zip(*on_one_grid(one.loc[texts], other.loc[texts]), strict=True)
    each = pd.Series([st.pearson(st.ranks(x), st.ranks(y)) for x, y in pairs], index=texts, dtype=float)
    found = mean_of(effect, per_language(each.dropna()), 1, seed, centre=ALIKE)
    # A mean of correlations has its place on the axis of correlations.
    return replace(found, shown=found.value, shown_centre=ALIKE)
