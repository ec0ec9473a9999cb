"""What the KL divergences of softmax distributions share."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics.cloud import Layer
from langgeom.metrics.estimate import Estimate, MetricError
from langgeom.metrics.resample import Resample, summarise

__all__ = ["average", "check_direction", "divergence", "log_softmax"]


def check_direction(direction: str) -> None:
    """Raise MetricError for a direction that is neither to_reference nor from_reference."""
    if direction not in ("to_reference", "from_reference"):
        raise MetricError(f"direction is '{direction}'; allowed: to_reference, from_reference")


def log_softmax(layer: Layer) -> Tensor:
    """Return ln softmax over the dimensions of each point, [n, d] float64; MetricError for NaN or infinite ones."""
    _ = layer.mean
    return torch.log_softmax(layer.points.double(), dim=1)


def divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Return KL(P || Q) of each row in nats, [n]; never negative."""
    return (log_p.exp() * (log_p - log_q)).sum(1).clamp(min=0)


def average(per_sentence: Tensor, resample: Resample | None, *, scalar: bool) -> Estimate:
    """Return the mean of [layers, sentences] over sentences with its bootstrap interval."""
    layers, sentences = per_sentence.shape
    replicates = None
    if resample is not None and sentences > 1:
        counts = resample.counts(sentences).to(per_sentence)
        replicates = counts @ per_sentence.T / sentences
    return summarise(per_sentence.mean(1), [sentences] * layers, [0] * layers, replicates, resample, scalar=scalar)
