"""KL divergence between the mean embeddings of aligned sentences."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from langgeom.metrics.aligned import aligned_sentences
from langgeom.metrics.cloud import Cloud
from langgeom.metrics.divergence import average, check_direction, divergence, log_softmax
from langgeom.metrics.estimate import Estimate
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample

__all__ = ["kl_mean"]


@metric("kl_mean", input="aligned_sentences")
@metric(
    "kl_mean_reverse",
    input="aligned_sentences",
    bounds=(0, None),
    direction="from_reference",
    about="KL divergence from the reference, mean embedding per sentence",
)
def kl_mean(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    direction: Literal["to_reference", "from_reference"] = "to_reference",
    resample: Resample | None = None,
) -> Estimate:
    """KL divergence to the reference, mean embedding per sentence, in nats.

    The mean over sentences s of KL(softmax(x_s) || softmax(y_s)), KL(P || Q) = sum_i p_i ln(p_i / q_i) over the
    dimensions i of the embedding, x_s that of the sentence and y_s that of its translation in the reference. Softmax
    depends on the scale of the embeddings, so values compare within a layer, not between models.

    Args:
        points, reference: [sentences, d] or [layers, sentences, d] (or clouds), row by row translations of each other.
        direction: `to_reference` as above; `from_reference` exchanges x and y.
        resample: bootstrap over sentences (rows).

    Returns:
        Nats, n the sentences, dropped 0.

    Raises:
        MetricError: shapes that differ; clouds with groups; NaN or infinite points; another direction.

    Source: the study, figure 7 (Kullback & Leibler 1951).
    """
    check_direction(direction)
    x, y = aligned_sentences(points, reference)
    forward = direction == "to_reference"
    per_sentence = []
    for index in range(x.layers):
        p, q = (log_softmax(cloud.layer(index)) for cloud in (x, y))
        per_sentence.append(divergence(p, q) if forward else divergence(q, p))
    return average(torch.stack(per_sentence), resample, scalar=x.scalar)
