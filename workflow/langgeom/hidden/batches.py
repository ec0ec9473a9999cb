"""Which sentences run together: how many tokens a batch may have, and the indices it needs, made before the first one runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from torch import Tensor

from langgeom.hidden.head import piece_of
from langgeom.hidden.load import LoadedModel
from langgeom.hidden.tokens import Sentence

log = logging.getLogger(__name__)
# On a CPU larger batches gain nothing, and their activations no longer fit the caches.
CPU_TOKENS = 512
# Beyond this a GPU gains nothing from more tokens in a batch.
MOST_TOKENS = 1 << 16
# Share of the free memory that a batch may take; the rest is for fragmentation and what `bytes_per_token` does not count.
SHARE = 0.7
INNER = ("intermediate_size", "encoder_ffn_dim", "d_ff")  # what configs call the width of the MLP


def budget_of(loaded: LoadedModel, wanted: int | str, longest: int) -> int:
    """Return the most tokens of a batch, padding included.

    Args:
        wanted: the config's `hidden.batch_tokens`: a number, or "auto": `CPU_TOKENS` on a CPU; on a GPU what its free memory
            holds beside the model, in powers of two so that small differences change nothing; on several GPUs the least.
        longest: tokens of the longest sentence.

    Returns:
        That number, or less after a batch ran out of memory (`LoadedModel.budget`).
    """
    if isinstance(wanted, str) and loaded.device.type == "cuda" and loaded.budget is None:
        free = min(map(_free, {parameter.device for parameter in loaded.trunk.parameters()}))
        # Logits are in float32, with two copies.
        loaded.budget = fitting(free, bytes_per_token(loaded, longest), 12 * piece_of(loaded.device))
        log.info("batches of up to %d tokens: %.1f GiB are free on %s", loaded.budget, free / 2**30, loaded.device)
    most = wanted if isinstance(wanted, int) else CPU_TOKENS if loaded.device.type != "cuda" else MOST_TOKENS
    return most if loaded.budget is None else min(most, loaded.budget)


def _free(device: torch.device) -> int:
    """Return the bytes of a GPU that are free, or that torch holds without using them."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + kept


def bytes_per_token(loaded: LoadedModel, longest: int) -> int:
    """Return an upper bound of the memory that one token of a batch takes while a block runs.

    Counted in the model's dtype: the residual stream and its copies, queries, keys and values, the two halves of the MLP
    and their product, and a row of attention for each head (nothing where the kernel is fused). Counted in float32: one
    copy of the layer, for the sentence means, and one row of attention for each head (softmax).
    """
    config = loaded.trunk.config.get_text_config()  # type: ignore[union-attr, operator]
    dim = loaded.manifest["dim"]
    heads = getattr(config, "num_attention_heads", None) or max(1, dim // 64)
    inner = next((size for key in INNER if (size := getattr(config, key, None))), 4 * dim)
    fused = getattr(config, "_attn_implementation", None) != "eager" and loaded.causal
    attention = 0 if fused else heads * longest
    return loaded.dtype.itemsize * (8 * dim + 3 * inner + attention) + 4 * (dim + attention)


def fitting(free: int, per_token: int, reserved: int) -> int:
    """Return how many tokens fit into free memory, a power of two from 64 to `MOST_TOKENS`.

    Args:
        free: bytes free.
        per_token: bytes that each token takes.
        reserved: bytes needed whatever the batch (logits).
    """
    tokens = int((free * SHARE - reserved) // per_token)
    return min(MOST_TOKENS, max(64, 1 << (max(tokens, 1).bit_length() - 1)))


def batches_of(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Return batches of indices, longest sentences first (so that memory peaks at once), ties in the given order.

    Args:
        lengths: tokens of each sentence.
        budget: most tokens of a batch, padding included; a longer sentence is a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    batches: list[list[int]] = []
    for index in order:
        if batches and lengths[batches[-1][0]] * (len(batches[-1]) + 1) <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


class Batch(NamedTuple):
    """Sentences padded to the longest of them, and the places their results go to.

    Attributes:
        ids: [batch, length] int64.
        mask: [batch, length] int64, 1 for tokens and 0 for padding; None where no mask is needed.
        rows: [batch] row of each sentence in the text's tensors.
        weights: [batch, 1, length] float32: products with them are means over content tokens.
        source, target: [kept] content tokens to keep, as places in `ids` flattened, and the rows they are kept in.
        scored: [scored] tokens that are predicted, as places in `ids` flattened.
        size: tokens without padding.
    """

    ids: Tensor
    mask: Tensor | None
    rows: Tensor
    weights: Tensor
    source: Tensor
    target: Tensor
    scored: Tensor
    size: int

    def each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """Return it with every tensor changed."""
        return Batch(*(change(part) if isinstance(part, Tensor) else part for part in self))  # type: ignore[arg-type]

    def to(self, device: torch.device) -> Batch:
        """Return it on a device, without waiting for the copies (their memory is pinned, see `pack`)."""
        return self.each(lambda tensor: tensor.to(device, non_blocking=True))


def pack(
    batches: Sequence[Sequence[int]],
    rows: Sequence[int],
    sentences: Sequence[Sentence],
    kept: Sequence[Sequence[int]],
    loaded: LoadedModel,
) -> list[Batch]:
    """Return the tensors of all batches, on the CPU; pinned when the model runs on a GPU.

    Args:
        batches: indices into `rows`, the longest sentence of a batch first.
        rows: of the sentences that are run.
        sentences: all of the text; `kept`, the positions of each that are kept.
    """
    starts = list(accumulate(map(len, kept), initial=0))
    packed = []
    for batch in batches:
        chosen = [rows[index] for index in batch]
        ids = [sentences[row].ids for row in chosen]
        longest, lengths = len(ids[0]), torch.tensor(list(map(len, ids)))
        weights = torch.zeros(len(chosen), 1, longest)
        source, target, scored = list[int](), list[int](), list[int]()
        for here, row in enumerate(chosen):
            sentence, offset = sentences[row], here * longest
            weights[here, 0, sentence.content] = 1.0 / len(sentence.content)
            source += [offset + position for position in kept[row]]
            target += range(starts[row], starts[row + 1])
            scored += [offset + position for position in sentence.scored]
        padded = bool((lengths < longest).any())
        made = Batch(
            ids=torch.tensor([one + [loaded.pad] * (longest - len(one)) for one in ids]),
            mask=(torch.arange(longest)[None] < lengths[:, None]).long() if padded and not loaded.causal else None,
            rows=torch.tensor(chosen),
            weights=weights,
            source=torch.tensor(source, dtype=torch.int64),
            target=torch.tensor(target, dtype=torch.int64),
            scored=torch.tensor(scored, dtype=torch.int64),
            size=int(lengths.sum()),
        )
        packed.append(made.each(Tensor.pin_memory) if loaded.device.type == "cuda" else made)
    return packed
