"""Unknown and fragment tokens: how much of a text a tokenizer has no token for, or only bytes of its characters."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Estimate, MetricError, Resample, metric
from langgeom.metrics.resample import ratio


@metric("unknown_tokens", input="text", fields=("unknown", "tokens"))
@metric(
    "fragment_tokens",
    input="text",
    fields=("fragments", "tokens"),
    bounds=(0, 1),
    about="Share of a text's tokens that are no whole character by themselves, but some of its bytes",
)
def unknown_tokens(unknown: Tensor, tokens: Tensor, *, resample: Resample | None = None) -> Estimate:
    """Share of a text's tokens that are the tokenizer's unknown one (or fragments): sum of those / sum of the tokens.

    They are tokens to the model and to every metric, and share one embedding, whatever the word; a cloud that holds many is of
    a tokenizer more than of a language. Tokenizers that fall back to bytes know all, so there the share is 0; but a token may
    be a byte or two of a character, a fragment that says nothing by itself. Decoded alone it gives U+FFFD.

    Args:
        unknown: [sentences] unknown tokens, or fragments, of each.
        tokens: [sentences] tokens of each.
        resample: for Wilson's interval of a share, with the error that follows from how it varies over sentences.

    Returns:
        The share, n the sentences with tokens, dropped the others. NaN when there is none.

    Source: Pfeiffer et al. 2021, EMNLP, arXiv:2012.15562 (what unknown tokens cost in scripts a tokenizer has not seen).
    """
    share = ratio(unknown, tokens, resample, share=True)
    more = torch.as_tensor(unknown) > torch.as_tensor(tokens)
    if bool(more.any()):
        raise MetricError(f"{int(more.sum())} of {len(more)} sentences have more of them than tokens")
    return share
