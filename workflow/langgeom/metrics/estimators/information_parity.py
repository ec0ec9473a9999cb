"""Information parity: what a text costs a model beside its translation."""

from __future__ import annotations

from torch import Tensor

from langgeom.metrics import Estimate, Resample, metric
from langgeom.metrics.resample import ratio


@metric("information_parity", input="aligned_text", fields=("nll",))
def information_parity(nll: Tensor, reference: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Information parity: summed negative log-likelihood of a text over that of the reference, on the lines of both.

    1 where a model needs as many bits to say the same in both; more where the text's language is harder for it. Unlike `bpc`
    it compares across scripts, since both texts say the same.

    Args:
        nll, reference: [sentences] summed negative log-likelihood of each sentence and of its translation.

    Returns:
        The ratio (no unit), n the sentences. NaN when no sentence of the reference was scored.

    Source: Tsvetkov & Kipnis 2024, Findings of EMNLP, 2024.findings-emnlp.468.
    """
    return ratio(nll, reference, resample)
