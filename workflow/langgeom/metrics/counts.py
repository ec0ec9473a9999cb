"""Ratios of sums over sentences, for the metrics of the text."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.resample import Resample, summarise

__all__ = ["ratio"]


def ratio(above: Tensor, below: Tensor, resample: Resample | None) -> Estimate:
    """Return sum(above) / sum(below) over sentences [n], with the bootstrap interval of the ratio of sums.

    Sentences with nothing below (no word, no scored character) are dropped and counted. NaN when that is all of them.

    Raises:
        MetricError: not two vectors of one length, none, or values that are negative or not finite.
    """
    above, below = (torch.as_tensor(part).to("cpu", torch.float64) for part in (above, below))
    if above.dim() != 1 or above.shape != below.shape or not len(above):
        raise MetricError(
            f"counts have shapes {list(above.shape)} and {list(below.shape)}; they must be two vectors [sentences]"
        )
    both = torch.stack([above, below], 1)
    if not both.isfinite().all() or bool((both < 0).any()):
        bad = int((~both.isfinite() | (both < 0)).any(1).sum())
        raise MetricError(f"{bad} of {len(both)} sentences have a count that is negative or not finite")
    kept, replicates = both[both[:, 1] > 0], None
    if resample is not None and len(kept) > 1:
        sums = resample.counts(len(kept)).double() @ kept
        replicates = _quotient(sums)[:, None]
    dropped = len(both) - len(kept)
    return summarise(_quotient(kept.sum(0)[None]), [len(kept)], [dropped], replicates, resample, scalar=True)


def _quotient(sums: Tensor) -> Tensor:
    return torch.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], torch.nan)
