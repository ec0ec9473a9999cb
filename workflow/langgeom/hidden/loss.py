"""A decoder's head, applied to a piece of the vocabulary at a time: the loss of tokens, and what else it predicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from langgeom.errors import UserError

# Logits in memory at once, in float32: 4 MiB stay in a core's cache (32 take 1.2 to 1.7 times as long); a GPU wants large
# products (512 MiB).
PIECE = {"cpu": 1 << 20, "cuda": 1 << 27}


def piece_of(device: torch.device) -> int:
    """Return the bytes that `Head.nll` takes for logits, with the copies it makes of them."""
    return 3 * 4 * PIECE.get(device.type, PIECE["cpu"])


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
        width = max(1, PIECE.get(states.device.type, PIECE["cpu"]) // max(rows, 1))
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
