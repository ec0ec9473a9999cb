"""Which sentences run together: sorted by length, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["batches_of"]


def batches_of(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Return batches of indices, longest sentences first (so that memory peaks at once), ties in the given order.

    Args:
        lengths: tokens of each sentence.
        budget: most tokens of a batch, padding included; a longer sentence is a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batches: list[list[int]] = []
    for index in order:
        if batches and lengths[batches[-1][0]] * (len(batches[-1]) + 1) <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches
