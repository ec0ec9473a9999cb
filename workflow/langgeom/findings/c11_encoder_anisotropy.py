"""C11: is the anisotropy of encoders near zero at every layer.

Unit: languages, in each trained encoder. Of each, its highest anisotropy over all layers, the embedding included. "Near
zero" is under 0.1. Effect: the mean of the highest; test: sign flips of its distance from 0.1. Supported: below 0.1;
contradicted: above.
"""

from __future__ import annotations

from langgeom.findings.evidence import Evidence, per_language
from langgeom.findings.outcome import Outcome, mean_of, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C11"
CLAIM = "Encoders have an anisotropy near zero at every layer."
QUESTION = "Is the highest anisotropy over layers, on average over languages, below 0.1?"
EFFECT = "highest anisotropy of all layers, against 0.1"
NEAR_ZERO = 0.1


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained encoder."""
    found = []
    for panel in evidence.panels("encoder"):
        curves = evidence.anisotropy(panel)
        if curves is None:
            outcome = untestable(EFFECT, "no anisotropy")
        else:
            highest = per_language(curves.max(axis=1).dropna())
            outcome = mean_of(EFFECT, highest, -1, evidence.settings.seed, centre=NEAR_ZERO)
            layer = int(curves.mean().idxmax())
            outcome = outcome.noting(f"Highest on average at layer {layer} ({curves[layer].mean():.2f}).")
        found.append(outcome.at(panel))
    return found or [untestable(EFFECT, "no trained encoder")]
