"""C11: is the anisotropy of encoders near zero at every layer.

Unit: languages, in each trained encoder. Of each, its highest anisotropy over all layers, the embedding included. "Near
zero" is under 0.1. Effect: the mean of the highest; test: sign flips of its distance from 0.1. Supported: below 0.1;
contradicted: above.
"""

from __future__ import annotations

from langgeom.analysis.pairs import per_language
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, mean_of

ID = "C11"
CLAIM = "Encoders have an anisotropy near zero at every layer."
QUESTION = "Is the highest anisotropy over layers, on average over languages, below 0.1?"
EFFECT = "highest anisotropy of all layers, against 0.1"
KIND = "encoder"
NEAR_ZERO = 0.1


def test(evidence: Evidence, panel: Panel) -> Outcome:
    curves = evidence.curves(evidence.settings.anisotropy, panel)
    outcome = mean_of(EFFECT, per_language(curves.max(axis=1)), -1, evidence.settings.seed, centre=NEAR_ZERO)
    layer = int(curves.mean().idxmax())
    return outcome.noting(f"Highest on average at layer {layer} ({curves[layer].mean():.2f}).")
