"""Bits per character and per byte: how well a model predicts a text, whatever its tokens."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from langgeom.metrics import Estimate, Resample, metric
from langgeom.metrics.resample import ratio


@metric("bpc", input="text", fields=("nll", "scored_characters"))
@metric("bits_per_byte", input="text", fields=("nll", "scored_bytes"), about="Bits per UTF-8 byte: as `bpc`, over bytes.")
def bpc(nll: Tensor, characters: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Bits per character: sum of the negative log-likelihood / ln 2 / sum of the characters it covers.

    A ratio of sums over the text, not a mean of sentences' ratios. Per byte, languages compare differently: a character is
    one byte in English and up to four elsewhere.

    Args:
        nll: [sentences] summed negative log-likelihood of each, in nats.
        characters: [sentences] characters (or bytes) that it covers.

    Returns:
        Bits per character, n the sentences with characters covered, dropped the others. NaN when there is none.

    Source: Graves 2013, arXiv:1308.0850.
    """
    return ratio(torch.as_tensor(nll) / math.log(2), characters, resample)
