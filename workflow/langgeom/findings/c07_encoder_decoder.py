"""C7: intrinsic dimension of an encoder and of a decoder.

Unit: languages, in each pair of a trained encoder and a trained decoder on one corpus. Of each, the logarithm of the
ratio of encoder to decoder, each the median over the layers after the embedding. Effect: the mean; test: sign flips over
languages. Supported: below zero. It is a statement on these two models: over languages nothing can be learnt of other
encoders.
"""

from __future__ import annotations

import math

import numpy as np

from langgeom.findings.evidence import Evidence, matched, summary
from langgeom.findings.outcome import Outcome, mean_of, untestable

__all__ = ["CLAIM", "ID", "QUESTION", "outcomes"]

ID = "C7"
CLAIM = "The encoder has a lower intrinsic dimension than the decoder."
QUESTION = "Is the mean over languages of the log ratio of encoder to decoder below zero?"
EFFECT = "log of the ratio of intrinsic dimensions, encoder over decoder"


def outcomes(evidence: Evidence) -> list[Outcome]:
    """Test each trained encoder against each trained decoder."""
    encoders, decoders = evidence.panels("encoder"), evidence.panels("decoder")
    pairs = [(one, other) for one in encoders for other in decoders if one[1] == other[1]]
    if not pairs:
        lacking = [f"no trained {kind}" for kind, some in (("encoder", encoders), ("decoder", decoders)) if not some]
        return [untestable(EFFECT, " and ".join(lacking) or "no corpus that a trained encoder and a trained decoder share")]
    found = []
    for one, other in pairs:
        ours, theirs = evidence.id(one), evidence.id(other)
        if ours is None or theirs is None:
            outcome = untestable(EFFECT, "no intrinsic dimension of both")
        else:
            x, y = matched(summary(ours), summary(theirs))
            outcome = mean_of(EFFECT, np.log(x[x > 0]) - np.log(y[y > 0]), -1, evidence.settings.seed)
            if outcome.n:
                outcome = outcome.noting(f"Ratio {math.exp(outcome.value.value):.2f}; it says nothing of other models.")
        found.append(outcome.at((f"{one[0]} / {other[0]}", one[1])))
    return found
