"""Which GPU each part of a model lies on: one that holds it whole, else several, the blocks on them in order."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from langgeom.errors import UserError
from langgeom.models.prepare import quiet

log = logging.getLogger(__name__)
# Of a GPU's free memory, most that weights may take; the rest is for batches.
SHARE = 0.9
GIB = 1 << 30
FULL = re.compile(r"out of memory|allocate memory|not enough memory|ALLOC_FAILED", re.IGNORECASE)


def spread(outside: int, blocks: Sequence[int], free: Sequence[int]) -> list[int] | None:
    """Return which GPU takes what: the first one that holds all; else as few of each one's memory as will do.

    Args:
        outside: bytes of all that is in no block: embeddings, final norm, head.
        blocks: bytes of each block, in the order in which they run.
        free: bytes free on each GPU.

    Returns:
        The GPU of what is outside, then that of each block: neighbours stay together, so that states move from one GPU to
        the next as seldom as there are GPUs. None where they do not fit.
    """
    for gpu, memory in enumerate(free):
        if outside + sum(blocks) <= SHARE * memory:
            return [gpu] * (1 + len(blocks))
    # What is outside lies with the batches and the states that are kept, so where most is free.
    order = sorted(range(len(free)), key=lambda gpu: -free[gpu])
    best, low, high = _fill(outside, blocks, free, order, SHARE), 0.0, SHARE
    for _ in range(20 if best else 0):
        middle = (low + high) / 2
        found = _fill(outside, blocks, free, order, middle)
        best, low, high = (found, low, middle) if found else (best, middle, high)
    return best


def _fill(outside: int, blocks: Sequence[int], free: Sequence[int], order: Sequence[int], share: float) -> list[int] | None:
    """Fill GPUs in turn up to a share of their free memory."""
    left, at, placed = share * free[order[0]] - outside if order else -1.0, 0, list(order[:1])
    if left < 0:
        return None
    for size in blocks:
        while size > left:
            at += 1
            if at == len(order):
                return None
            left = share * free[order[at]]
        left -= size
        placed.append(order[at])
    return placed


def device_map(folder: Path, auto: Any, manifest: dict[str, Any], dtype: torch.dtype, place: torch.device) -> dict[str, Any]:
    """Return what `from_pretrained` takes as its `device_map`; its first value is the device that batches are for.

    Args:
        folder: the prepared model's; `manifest` is read from it.
        auto: the auto class that will load it.
        place: where it is wanted; on "cuda" without a number, any GPU will do, or several.

    Raises:
        UserError: the GPUs together are too small for it.
    """
    weights = manifest["parameters"] * dtype.itemsize
    if place.type != "cuda" or place.index is not None:
        return {"": place}
    free = free_memory()
    whole = next((gpu for gpu, memory in enumerate(free) if weights <= SHARE * memory), None)
    if whole is not None:
        return {"": _device(whole)}
    with quiet(), torch.device("meta"):  # without weights
        from transformers import AutoConfig

        model = auto.from_config(AutoConfig.from_pretrained(folder), dtype=dtype)
    blocks = blocks_of(model.base_model, manifest)
    sizes = [_bytes(block) for block in blocks]
    placed = spread(_bytes(model) - sum(sizes), sizes, free)
    if placed is None:
        raise UserError(too_large(manifest, dtype, place))
    log.info("%.1f GiB of weights lie on %d GPUs", weights / GIB, len(set(placed)))
    numbers = {id(block): gpu for block, gpu in zip(blocks, placed[1:], strict=True)}
    named = {name: numbers.get(id(part), placed[0]) for name, part in _parts(model, "", set(numbers))}
    # Those outside first.
    return {name: _device(gpu) for name, gpu in sorted(named.items(), key=lambda item: item[1] != placed[0])}


def blocks_of(trunk: nn.Module, manifest: dict[str, Any]) -> list[nn.Module]:
    """Return the list of the trunk's blocks: the first one with as many members as the model has layers.

    Raises:
        UserError: there is none.
    """
    for module in trunk.modules():
        if isinstance(module, nn.ModuleList) and len(module) == manifest["layers"]:
            return list(module)
    raise UserError(
        f"Model '{manifest['name']}': {type(trunk).__name__} has no list of {manifest['layers']} blocks, so its layers cannot "
        "be told apart."
    )


def _bytes(module: nn.Module) -> int:
    """Return the bytes of a module's parameters and buffers; those that are tied count once."""
    return sum(tensor.numel() * tensor.itemsize for tensor in (*module.parameters(), *module.buffers()))


def _parts(module: nn.Module, name: str, blocks: set[int]) -> Iterator[tuple[str, nn.Module | nn.Parameter]]:
    """Yield the blocks, and the largest parts that hold none, by their names."""
    prefix = f"{name}." if name else ""
    for key, child in module.named_children():
        if id(child) in blocks or not any(id(part) in blocks for part in child.modules()):
            yield prefix + key, child
        else:
            yield from _parts(child, prefix + key, blocks)
    for key, parameter in module.named_parameters(recurse=False):
        yield prefix + key, parameter


def free_memory() -> list[int]:
    """Return the bytes free on each GPU that CUDA shows."""
    return [torch.cuda.mem_get_info(number)[0] for number in range(torch.cuda.device_count())]


def _device(number: int) -> torch.device | str:
    return torch.device("cuda", number)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, is of memory: of a GPU, of torch on the CPU, of Python or the system."""
    while error is not None:
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or FULL.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def too_large(manifest: dict[str, Any], dtype: torch.dtype, place: torch.device) -> str:
    """Return what to say of a model that the memory does not hold."""
    size, name = manifest["parameters"] * dtype.itemsize, str(dtype).removeprefix("torch.")
    cures = ["Run it where there is more memory"]
    if dtype.itemsize > 2:
        cures.append("set hidden.dtype to bfloat16, which takes half of it")
    if place.type == "cuda":
        there = ", ".join(f"{memory / GIB:.1f}" for memory in free_memory())
        there = f"the GPUs that are shown have {there} GiB free, of which weights may take {SHARE:.0%}"
        cures += ["show more GPUs to it", "or show none, to run it on the processor (`CUDA_VISIBLE_DEVICES= make`)"]
    else:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        there = f"this machine has {memory / GIB:.1f} GiB, other programs' included"
    return (
        f"Model '{manifest['name']}' does not fit into memory: its weights take {size / GIB:.1f} GiB in {name}, and {there}. "
        f"{', '.join(cures)}."
    )
