"""Massive activations: single coordinates of a few tokens that are thousands of times as large as the others."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric

LEAST, TIMES = 100, 1000


@metric("massive_activations", input="cloud", bounds=(0, None))
def massive_activations(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Number of massive activations: coordinates beyond 100 and beyond 1,000 times the layer's median size.

    Sizes are absolute values, the median is that of all coordinates of all points (of two middle ones the lower).

    Args:
        resample: bootstrap over sentences; the median stays, and a replicate's number is that for n points.

    Returns:
        The number (0 to n d), n all points, dropped 0.

    Source: Sun et al. 2024, COLM, arXiv:2402.17762.
    """

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        n = len(layer.points)
        found = torch.zeros(n, dtype=torch.float64, device=layer.device)
        largest = max(map(abs, layer.ends))
        if largest > LEAST:
            sizes = layer.wide.abs()
            # The median takes long, and of the largest alone a comparison says whether it is beyond.
            if 2 * int((sizes * TIMES < largest).sum()) >= sizes.numel():
                found = (sizes > max(LEAST, TIMES * float(sizes.median()))).sum(1).double()
        draws = None
        if counts is not None:
            drawn = counts.double()
            draws = n * (drawn @ layer.sentences.sums(found)) / (drawn @ layer.sentences.sums(torch.ones_like(found)))
        return Measured(float(found.sum()), draws, n, 0)

    return Cloud.of(points).each(resample, measure)
