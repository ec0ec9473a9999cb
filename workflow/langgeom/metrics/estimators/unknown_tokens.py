"""Unknown tokens: how much of a text a tokenizer has no token for."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Estimate, MetricError, Resample, metric
from langgeom.metrics.resample import ratio


@metric("unknown_tokens", input="text", fields=("unknown", "tokens"), bounds=(0, 1))
def unknown_tokens(unknown: Tensor, tokens: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Share of a text's tokens that are the tokenizer's unknown one: sum of the unknown / sum of the tokens.

    They are tokens to the model and to every metric, and share one embedding, whatever the word; a cloud that holds many is of
    a tokenizer more than of a language. 0 for tokenizers that fall back to bytes, which know all.

    Args:
        unknown: [sentences] unknown tokens of each.
        tokens: [sentences] tokens of each.
        resample: for Wilson's interval of a share, with the error that follows from how it varies over sentences.

    Returns:
        The share, n the sentences with tokens, dropped the others. NaN when there is none.

    Raises:
        MetricError: lengths that differ, no sentence, a negative count, more unknown tokens than tokens.

    Source: Pfeiffer et al. 2021, EMNLP, arXiv:2012.15562 (what unknown tokens cost in scripts a tokenizer has not seen).
    """
    share = ratio(unknown, tokens, resample, share=True)
    more = torch.as_tensor(unknown) > torch.as_tensor(tokens)
    if bool(more.any()):
        raise MetricError(f"{int(more.sum())} of {len(more)} sentences have more unknown tokens than tokens")
    return share
