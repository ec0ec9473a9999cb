"""Similarities of a text and its translation with a sentence's tokens pooled otherwise than by their mean."""

from __future__ import annotations

import inspect
from typing import Literal

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, MetricError, Resample, metric
from langgeom.metrics.aligned import checked
from langgeom.metrics.estimators.cka import cka
from langgeom.metrics.estimators.retrieval import mexa, retrieval
from langgeom.metrics.estimators.sentence_shape import in_order

SIMILARITIES = {"cka": cka, "mexa": mexa, "retrieval": retrieval}
Pooling = Literal["weighted", "last"]


@metric("cka_weighted", input="aligned_tokens", similarity="cka", pooling="weighted", about="CKA, tokens weighted by position")
@metric("cka_last", input="aligned_tokens", similarity="cka", pooling="last", about="CKA of the last tokens")
@metric("mexa_weighted", input="aligned_tokens", similarity="mexa", pooling="weighted",
        about="MEXA as published: tokens weighted by position")  # fmt: skip
@metric("mexa_last", input="aligned_tokens", similarity="mexa", pooling="last", about="MEXA of the last tokens")
@metric("retrieval_weighted", input="aligned_tokens", similarity="retrieval", pooling="weighted",
        about="Retrieval, tokens weighted by position")  # fmt: skip
@metric("retrieval_last", input="aligned_tokens", similarity="retrieval", pooling="last", about="Retrieval by the last tokens")
def pooled(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    similarity: str,
    pooling: Pooling,
    resample: Resample | None = None,
) -> Estimate:
    """A similarity of sentences that are pooled from their tokens, on the sentences that both texts have whole.

    In a decoder the i-th token has seen the i - 1 before it: `weighted` is the mean with weights i, `last` the last token.

    Args:
        similarity: cka, mexa or retrieval, whose docstring says what it returns.
        pooling: as above.

    Source: Muennighoff 2022, arXiv:2202.08904, section 3.1 (weights); Kargaran et al. 2024, arXiv:2410.05873, section 3 (both).
    """
    if similarity not in SIMILARITIES or pooling not in ("weighted", "last"):
        raise MetricError(
            f"similarity is {similarity!r} and pooling {pooling!r}; allowed: {', '.join(SIMILARITIES)}, and weighted or last"
        )
    function = inspect.unwrap(SIMILARITIES[similarity])
    found: Estimate = function(_pool(Cloud.of(points), pooling), _pool(checked(reference), pooling), resample=resample)
    return found


def _pool(cloud: Cloud, pooling: Pooling) -> Cloud:
    """Return the cloud of the sentences, in the order of their numbers, float64."""
    sentences = []
    for index in range(cloud.layers):
        layer = cloud.layer(index)
        rows, sizes, starts = in_order(layer)
        place = torch.empty_like(rows)
        place[rows] = 1 + torch.arange(len(rows), device=rows.device) - starts.repeat_interleave(sizes)
        weights = place.double() if pooling == "weighted" else (place == sizes[layer.sentences.groups]).double()
        weights = weights / layer.sentences.sums(weights)[layer.sentences.groups]
        sentences.append(layer.sentences.sums(layer.points.double() * weights[:, None]))
    return Cloud(sentences[0] if cloud.scalar else torch.stack(sentences))
