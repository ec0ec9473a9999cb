"""What a decoder's own head reads off each layer: loss, entropy, and whose tokens it expects."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Estimate, MetricError, Resample, metric
from langgeom.metrics.resample import FEWEST, NONE, of_numbers


@metric("lens_entropy", input="lens", fields=("lens_entropy",), about="Entropy of the next token as the head reads it, in nats")
@metric("lens_loss", input="lens", fields=("lens_loss",), bounds=(0, None))
def lens_loss(values: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Loss of the next token as the head reads it, in nats.

    The logit lens: softmax(W norm(h)), with the model's own final norm and head, of the state h of a token at this layer. At
    the last layer it is what the model itself predicts.

    Args:
        values: [tokens] negative log-likelihood of the true next token (or entropy), in nats.
        resample: bootstrap-t over sentences.

    Returns:
        The mean in nats, n the tokens, one a sentence.

    Source: nostalgebraist 2020, interpreting GPT: the logit lens.
    """
    return _mean(values, resample)


@metric("lens_reference", input="lens", fields=("lens_reference",), about="Probability of the reference's tokens, by the head")
@metric("lens_own", input="lens", fields=("lens_own",), bounds=(0, 1))
def lens_own(values: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Probability of the text's own tokens, by the head.

    That of a token v times f(v) / (f(v) + g(v)), summed over the vocabulary, as the head reads it off a layer (`lens_loss`); f
    and g are the relative frequencies of v in the text and in the reference. Tokens that neither has count for neither, so what
    the text's and the reference's leave of 1 is of others.

    Args:
        values: [tokens] this probability at each.
        resample: bootstrap-t over sentences.

    Returns:
        The mean, n the tokens, one a sentence.

    Source: Wendler et al. 2024, ACL, arXiv:2402.10588; Wu et al. 2025, ICLR, arXiv:2411.04986 (whose tokens, by a corpus).
    """
    return _mean(values, resample)


def _mean(values: Tensor, resample: Resample | None) -> Estimate:
    values = torch.as_tensor(values).to("cpu", torch.float64)
    if values.dim() != 1 or not len(values):
        raise MetricError(f"what the head reads is {list(values.shape)}; it must be a vector [tokens], of one or more")
    if bad := int((~values.isfinite()).sum()):
        raise MetricError(
            f"what the head reads of {bad} of {len(values)} tokens is NaN or infinite: set `hidden.dtype` to float32 or "
            "bfloat16, or take the metrics `lens_...` out of the config"
        )
    ends = None
    if resample is not None:
        ends = resample.studentised(values) if resample.units(len(values)) >= FEWEST else NONE
    return of_numbers(float(values.mean()), len(values), 0, ends)
