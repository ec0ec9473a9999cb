"""C14: bits per character against quality, and against the intrinsic dimension.

Unit: languages. Spearman's correlation of the bits per character of the text with quality (as in C6) and with the
intrinsic dimension (median over the layers after the embedding), each tested by itself. Claims of absence: supported
where the 95 % interval lies within -0.3 and 0.3, contradicted where the correlation differs from zero (permutations),
else no evidence either way.
"""

from __future__ import annotations

from langgeom.analysis.pairs import matched
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, no_correlation, per_model, untestable

ID = "C14"
CLAIM = "Bits per character correlate with neither MMLU nor the intrinsic dimension."
QUESTION = "Are both correlations over languages smaller than 0.3 either way?"
WITH_ID = "correlation of bits per character with the intrinsic dimension"
WITH_QUALITY = "correlation of bits per character with {}"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained decoder, with quality and with the intrinsic dimension."""
    if not evidence.panels("decoder"):
        return [untestable(WITH_ID, "no trained decoder, which alone has bits per character")]
    tests = ((WITH_QUALITY.format("quality"), _quality), (WITH_ID, _id))
    return [outcome for effect, test in tests for outcome in per_model(evidence, effect, test, "decoder")]


def _quality(evidence: Evidence, panel: Panel) -> Outcome:
    bits, (quality, what) = evidence.bits(panel), evidence.quality_of(panel, besides_bits=True)
    return no_correlation(WITH_QUALITY.format(what), *matched(bits, quality), evidence.settings.seed)


def _id(evidence: Evidence, panel: Panel) -> Outcome:
    return no_correlation(WITH_ID, *matched(evidence.bits(panel), evidence.id(panel)), evidence.settings.seed)
