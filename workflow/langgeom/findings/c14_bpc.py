"""C14: bits per character against quality, and against the intrinsic dimension.

Unit: languages. Spearman's correlation of the bits per character of the text with quality (as in C6) and with the
intrinsic dimension (median over the layers after the embedding), each tested by itself. Claims of absence: supported
where the 95 % interval lies within -0.3 and 0.3, contradicted where the correlation differs from zero (permutations),
else no evidence either way.
"""

from __future__ import annotations

from langgeom.findings.evidence import Evidence, Panel, matched, summary
from langgeom.findings.outcome import Outcome, no_correlation, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C14"
CLAIM = "Bits per character correlate with neither MMLU nor the intrinsic dimension."
QUESTION = "Are both correlations over languages smaller than 0.3 either way?"
WITH_ID = "correlation of bits per character with the intrinsic dimension"
WITH_QUALITY = "correlation of bits per character with {}"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained decoder, with quality and with the intrinsic dimension."""
    found = [test(evidence, panel).at(panel) for panel in evidence.panels("decoder") for test in (_quality, _id)]
    return found or [untestable(WITH_ID, "no trained decoder, which alone has bits per character")]


def _quality(evidence: Evidence, panel: Panel) -> Outcome:
    bits, (quality, what) = evidence.bits(panel), evidence.quality_of(panel, but_bits=True)
    if bits.empty or quality.empty:
        lacking = "no bits per character" if bits.empty else "no quality of this model is known: neither MMLU nor retrieval"
        return untestable(WITH_QUALITY.format("quality"), lacking)
    return no_correlation(WITH_QUALITY.format(what), *matched(bits, quality), evidence.settings.seed)


def _id(evidence: Evidence, panel: Panel) -> Outcome:
    bits, curves = evidence.bits(panel), evidence.id(panel)
    if bits.empty or curves is None:
        return untestable(WITH_ID, "no bits per character" if bits.empty else "no intrinsic dimension")
    return no_correlation(WITH_ID, *matched(bits, summary(curves)), evidence.settings.seed)
