"""C7: intrinsic dimension of an encoder and of a decoder.

Unit: languages, in each pair of a trained encoder and a trained decoder on one corpus. Of each, the logarithm of the
ratio of encoder to decoder, each the median over the layers after the embedding. Effect: the mean; test: sign flips over
languages. Supported: below zero. It is a statement on these two models: over languages nothing can be learnt of other
encoders.
"""

from __future__ import annotations

import math

import numpy as np

from langgeom.analysis.pairs import matched
from langgeom.analysis.rows import Panel
from langgeom.findings.evidence import Evidence
from langgeom.findings.outcome import Outcome, attempt, mean_of, untestable

ID = "C7"
CLAIM = "The encoder has a lower intrinsic dimension than the decoder."
QUESTION = "Is the mean over languages of the log ratio of encoder to decoder below zero?"
EFFECT = "log of the ratio of intrinsic dimensions, encoder over decoder"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained encoder against each trained decoder."""
    encoders, decoders = evidence.panels("encoder"), evidence.panels("decoder")
    pairs = [(encoder, decoder) for encoder in encoders for decoder in decoders if encoder[1] == decoder[1]]
    if not pairs:
        missing = [f"no trained {kind}" for kind, some in (("encoder", encoders), ("decoder", decoders)) if not some]
        return [untestable(EFFECT, " and ".join(missing) or "no corpus that a trained encoder and a trained decoder share")]
    return [
        attempt(EFFECT, _test, evidence, encoder, decoder).at((f"{encoder[0]} / {decoder[0]}", encoder[1]))
        for encoder, decoder in pairs
    ]


def _test(evidence: Evidence, encoder: Panel, decoder: Panel) -> Outcome:
    x, y = matched(evidence.id(encoder), evidence.id(decoder))
    outcome = mean_of(EFFECT, np.log(x[x > 0]) - np.log(y[y > 0]), -1, evidence.settings.seed)
    ratio = f"Ratio {math.exp(outcome.value.value):.2f}; it says nothing of other models." if outcome.n else ""
    return outcome.noting(ratio)
