"""KL divergence between the mean embeddings of aligned sentences."""

from __future__ import annotations

from torch import Tensor

from langgeom.metrics.aligned import Direction, divergence, each_pair, in_direction, log_softmax, mean_over_sentences
from langgeom.metrics.cloud import Cloud, Layer, Measured
from langgeom.metrics.estimate import Estimate
from langgeom.metrics.registry import metric
from langgeom.metrics.resample import Resample


@metric(
    "kl_mean",
    input="aligned_sentences",
    bounds=(0, None),
    reverse="KL divergence from the reference, mean embedding per sentence",
)
def kl_mean(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    direction: Direction = "to_reference",
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
    in_direction(direction, 0, 1)

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        p, q = (layer.once("log_softmax", lambda layer=layer: log_softmax(layer.points)) for layer in (x, y))
        return mean_over_sentences(divergence(*in_direction(direction, p, q)), counts)

    return each_pair(points, reference, resample, measure)
