"""The logit lens: what a decoder's own final norm and head read off the hidden states of every layer.

Whose tokens a layer predicts is told by the text and the reference alone, so a new text changes no other. A token that both
have is shared out by its relative frequency in each; one that neither has is of neither. The reference itself shares with none.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from langgeom.hidden.loss import Head
from langgeom.hidden.tokens import Sentence

Types = tuple[Tensor, Tensor]


def types_of(sentences: Sequence[Sentence]) -> Types:
    """Return the ids among the content tokens of sentences, ascending, and how often each occurs, [types] int32 both."""
    ids = torch.tensor([sentence.ids[position] for sentence in sentences for position in sentence.content], dtype=torch.int32)
    types, counts = ids.unique(return_counts=True)
    return types, counts.int()


def lens(
    head: Head, states: Tensor, following: Tensor, types: Types, reference: Types | None, normed: bool
) -> dict[str, Tensor]:
    """Return what the head reads off some tokens at each layer; on the device of the states, without waiting for it.

    Args:
        head: whose norm is known.
        states: [layers, tokens, dim].
        following: [tokens] int64 id of the token after each.
        types: of the text; `reference`, of the reference text, None where it is this one.
        normed: whether the last layer is after the final norm already.

    Returns:
        [layers, tokens] float64: `lens_loss` of the following token and `lens_entropy`, in nats; `lens_own` and
        `lens_reference`, the probability of tokens of the text and of the reference (which has no `lens_reference`).

    Source: nostalgebraist 2020, interpreting GPT: the logit lens; Wendler et al. 2024, ACL, arXiv:2402.10588.
    """
    assert head.norm is not None
    layers, tokens, _ = states.shape
    last = states[-1:] if normed else head.norm(states[-1:])
    frequency = torch.zeros(len(head.weight), 1 if reference is None else 2)
    for column, (ids, counts) in enumerate((types, reference) if reference is not None else (types,)):
        frequency[ids.long(), column] = counts / counts.sum()
    weights = (frequency / frequency.sum(1, keepdim=True).clamp(min=torch.finfo().tiny)).to(states.device, non_blocking=True)
    rows = torch.cat([head.norm(states[:-1]), last]).flatten(0, 1)
    read = head.read(rows, following.to(states.device, non_blocking=True).repeat(layers), weights)
    named = {"lens_loss": read.loss, "lens_entropy": read.entropy, "lens_own": read.shares[:, 0]}
    named |= {"lens_reference": read.shares[:, 1]} if reference is not None else {}
    return {name: of.view(layers, tokens) for name, of in named.items()}
