"""How many tokens a batch may have: what fills the memory there is."""

from __future__ import annotations

import logging

import torch

from langgeom.hidden.load import LoadedModel
from langgeom.hidden.loss import piece_of

__all__ = ["budget_of", "fitting"]

log = logging.getLogger(__name__)
# On a CPU larger batches gain nothing, and caches would no longer hold their activations.
CPU_TOKENS = 512
# Where a GPU is busy with one batch, more tokens in it gain nothing.
MOST_TOKENS = 1 << 16
# Of the memory that is free, for what fragments it and what is not counted below.
SHARE = 0.7


def budget_of(loaded: LoadedModel, wanted: int | str, longest: int) -> int:
    """Return the most tokens of a batch, padding included.

    Args:
        wanted: the config's `hidden.batch_tokens`: a number, or "auto": `CPU_TOKENS` on a CPU, on a GPU what its free
            memory holds beside the model, in powers of two so that little differences change nothing; on several the least.
        longest: tokens of the longest sentence.

    Returns:
        That; less after the memory was found too small for it (`LoadedModel.budget`).
    """
    if isinstance(wanted, str) and loaded.device.type == "cuda" and loaded.budget is None:
        free = min(map(_free, {parameter.device for parameter in loaded.trunk.parameters()}))
        loaded.budget = fitting(free, bytes_per_token(loaded, longest), piece_of(loaded.device))
        log.info("batches of up to %d tokens: %.1f GiB are free on %s", loaded.budget, free / 2**30, loaded.device)
    most = wanted if isinstance(wanted, int) else CPU_TOKENS if loaded.device.type != "cuda" else MOST_TOKENS
    return most if loaded.budget is None else min(most, loaded.budget)


def _free(device: torch.device) -> int:
    """Return the bytes of a GPU that are free or that torch keeps for itself."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(torch.cuda.mem_get_info(device)[0]) + kept


def bytes_per_token(loaded: LoadedModel, longest: int) -> int:
    """Return a bound of the memory that a token of a batch takes while a block runs.

    Counted: in the model's dtype the residual stream and its copies, queries, keys and values, the two halves of the MLP
    and their product, and a row of attention for each head (nothing where the kernel is fused); in float32 one copy of
    the layer, of which the means are taken, and one row of attention for each head (softmax).
    """
    config = loaded.trunk.config.get_text_config()  # type: ignore[union-attr, operator]
    dim = loaded.manifest["dim"]
    heads = getattr(config, "num_attention_heads", None) or max(1, dim // 64)
    inner = getattr(config, "intermediate_size", None) or 4 * dim
    fused = getattr(config, "_attn_implementation", None) != "eager" and loaded.causal
    attention = 0 if fused else heads * longest
    return loaded.dtype.itemsize * (8 * dim + 3 * inner + attention) + 4 * (dim + attention)


def fitting(free: int, per_token: int, reserved: int) -> int:
    """Return how many tokens fit into free memory, a power of two from 64 to `MOST_TOKENS`.

    Args:
        free: bytes.
        per_token: bytes that each token takes.
        reserved: bytes that are needed whatever the batch: logits.
    """
    tokens = int((free * SHARE - reserved) // per_token)
    return min(MOST_TOKENS, max(64, 1 << (max(tokens, 1).bit_length() - 1)))
