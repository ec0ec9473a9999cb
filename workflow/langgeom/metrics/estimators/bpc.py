"""Bits per character and per byte: how well a model predicts a text, whatever its tokens."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from langgeom.metrics.estimate import Estimate
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample, ratio


@metric("bpc", input="text", fields=("nll", "scored_characters"))
def bpc(nll: Tensor, characters: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Bits per character: sum of the negative log-likelihood / ln 2 / sum of the characters it covers.

    A ratio of sums over the text, not a mean of sentences' ratios.

    Args:
        nll: [sentences] summed negative log-likelihood of each, in nats.
        characters: [sentences] characters that it covers.
        resample: bootstrap over sentences.

    Returns:
        Bits per character, n the sentences with characters covered, dropped the others. NaN when there is none.

    Raises:
        MetricError: lengths that differ, no sentence, a value that is negative or not finite.

    Source: Graves 2013, arXiv:1308.0850.
    """
    return ratio(torch.as_tensor(nll) / math.log(2), characters, resample)


@metric("bits_per_byte", input="text", fields=("nll", "scored_bytes"))
def bits_per_byte(nll: Tensor, bytes: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Bits per UTF-8 byte: as `bpc`, over bytes.

    A character is one byte in English and up to four elsewhere, so languages compare differently than by `bpc`.
    """
    return ratio(torch.as_tensor(nll) / math.log(2), bytes, resample)
