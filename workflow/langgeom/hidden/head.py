"""A decoder's head, applied to a piece of the vocabulary at a time: the loss of tokens, and what it reads off each layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from langgeom.errors import UserError
from langgeom.hidden.tokens import Sentence

Types = tuple[Tensor, Tensor]
# Logits in memory at once, in float32: 4 MiB stay in a core's cache (32 take 1.2 to 1.7 times as long); a GPU wants large
# products (512 MiB).
PIECE = {"cpu": 1 << 20, "cuda": 1 << 27}


def piece_of(device: torch.device) -> int:
    """Return how many logits are in memory at once."""
    return PIECE.get(device.type, PIECE["cpu"])


class Reading(NamedTuple):
    """What the head predicts, [row] float64 in nats: the loss of the target and the entropy; [row, few] shares."""

    loss: Tensor
    entropy: Tensor
    shares: Tensor


class Head:
    """A decoder's language-model head: the output embedding, and what its architecture does to logits afterwards.

    `norm`: what the trunk does to states after its last block; None until it is found (`langgeom.hidden.check`), and where it
    is more than one module.
    """

    norm: Callable[[Tensor], Tensor] | None = None

    def __init__(self, model: nn.Module) -> None:
        output = model.get_output_embeddings()  # type: ignore[operator]
        if not isinstance(output, nn.Linear):
            raise UserError(f"{type(model).__name__} has no linear language-model head, so it cannot score text (loss: false).")
        config = model.config.get_text_config()  # type: ignore[union-attr, operator]
        self.weight, self.bias = output.weight, output.bias
        self.scale = float(getattr(config, "logit_scale", None) or 1.0) / float(getattr(config, "logits_scaling", None) or 1.0)
        self.softcap = getattr(config, "final_logit_softcapping", None)

    def logits(self, states: Tensor, start: int, stop: int) -> Tensor:
        """Return [row, stop - start] float32 logits of a slice of the vocabulary.

        Args:
            states: [row, dim] hidden states after the final norm.
        """
        bias = None if self.bias is None else self.bias[start:stop]
        logits = nn.functional.linear(states, self.weight[start:stop], bias).float()
        if self.scale != 1.0:
            logits *= self.scale
        if self.softcap is not None:
            logits = torch.tanh(logits.div_(self.softcap)).mul_(self.softcap)
        return logits

    def nll(self, states: Tensor, targets: Tensor) -> Tensor:
        """Return [row] float64 negative log-likelihood, in nats, of each target token; the arguments are those of `read`."""
        return self.read(states, targets).loss

    def read(self, states: Tensor, targets: Tensor, weights: Tensor | None = None) -> Reading:
        """Return what the head predicts after each state; without `weights` no shares, and an entropy of NaN.

        The vocabulary is cut, not the rows: so the output embedding, the largest matrix of a small model, is read
        once a batch.

        Args:
            states: [row, dim] hidden states after the final norm.
            targets: [row] int64 token that follows each.
            weights: [vocabulary, few] float32: a share is the sum of probabilities, each times its token's weight.
        """
        rows, vocabulary = len(targets), len(self.weight)
        total = torch.full((rows,), -torch.inf, device=states.device)
        chosen = torch.zeros(rows, device=states.device)
        mean = torch.full((rows,), torch.nan if weights is None else 0.0, device=states.device)
        shares = torch.zeros(rows, 0 if weights is None else weights.shape[1], device=states.device)
        width = max(1, piece_of(states.device) // max(rows, 1))
        for start in range(0, vocabulary, width):
            stop = min(start + width, vocabulary)
            logits = self.logits(states, start, stop)
            inside = (targets >= start) & (targets < stop)
            # Not by a mask, whose count the host would wait for.
            here = logits.gather(1, (targets - start).clamp(0, stop - start - 1)[:, None])[:, 0]
            chosen = torch.where(inside, here, chosen)
            largest = logits.amax(1)
            if weights is None:
                total = torch.logaddexp(total, largest + logits.sub_(largest[:, None]).exp_().sum(1).log())
                continue
            powers = (logits - largest[:, None]).exp_()
            before, total = total, torch.logaddexp(total, largest + powers.sum(1).log())
            # Means under the softmax of the vocabulary so far: what it was worth, and what this piece adds.
            old, new = (before - total).exp(), (largest - total).exp()
            mean = mean * old + torch.linalg.vecdot(powers, logits) * new
            shares = shares * old[:, None] + (powers @ weights[start:stop]) * new[:, None]
        return Reading((total - chosen).double(), (total - mean).clamp(min=0).double(), shares.double())


def types_of(sentences: Sequence[Sentence]) -> Types:
    """Return the ids among the content tokens of sentences, ascending, and how often each occurs, [types] int32 both."""
    ids = torch.tensor([sentence.ids[position] for sentence in sentences for position in sentence.content], dtype=torch.int32)
    types, counts = ids.unique(return_counts=True)
    return types, counts.int()


def lens(
    head: Head, states: Tensor, following: Tensor, types: Types, reference: Types | None, normed: bool
) -> dict[str, Tensor]:
    """Return the logit lens: what the final norm and head read off some tokens at each layer; the device is not waited for.

    Whose tokens a layer predicts is told by the text and the reference alone, so a new text changes no other. A token that both
    have is shared out by its relative frequency in each; one that neither has is of neither.

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
