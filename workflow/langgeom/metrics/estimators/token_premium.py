"""Tokenization premium: how many tokens a text takes beside its translation."""

from __future__ import annotations

from torch import Tensor

from langgeom.metrics import Estimate, Resample, metric
from langgeom.metrics.resample import ratio


@metric("token_premium", input="aligned_text", fields=("tokens",))
def token_premium(tokens: Tensor, reference: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Tokenization premium: tokens of a text over those of the reference, on the lines of both.

    What the same content costs where tokens are paid for, or where a context has so many. It needs no words, so it compares
    scripts, as `fertility` does not.

    Args:
        tokens, reference: [sentences] content tokens of each sentence and of its translation.

    Returns:
        The ratio of the sums (no unit), n the sentences. NaN without a sentence of both.

    Source: Petrov, La Malfa, Torr & Bibi 2023, NeurIPS, arXiv:2305.15425, section 3.
    """
    return ratio(tokens, reference, resample)
