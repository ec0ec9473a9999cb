"""The file of hidden states: safetensors, the same bytes for the same numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from langgeom.errors import UserError
from langgeom.files import atomic
from langgeom.hidden.header import METADATA, read_layout
from langgeom.hidden.states import HiddenStates

__all__ = ["read_hidden", "write_hidden"]

DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16", torch.int32: "I32",
}  # fmt: skip
OPTIONAL = {"unknown", "nll", "scored_characters", "scored_bytes"}


def write_hidden(path: Path, states: HiddenStates, metadata: Mapping[str, str]) -> None:
    """Write hidden states with the strings of `states.metadata` and `metadata` in the header.

    The format is written here because the safetensors library puts header strings in another order each time, and
    joins all tensors in memory before it writes.

    Raises:
        ValueError: the header's strings are not those of docs/design.md.
    """
    header = {**states.metadata, **metadata}
    if set(header) != set(METADATA):
        raise ValueError(f"header has {sorted(header)}, expected {sorted(METADATA)}")
    # Readers need tensors aligned to their size: the widest first.
    tensors = sorted(states.tensors(), key=lambda entry: (-entry[1].element_size(), entry[0]))
    layout: dict[str, object] = {"__metadata__": dict(sorted(header.items()))}
    offset = 0
    for name, tensor in tensors:
        end = offset + tensor.numel() * tensor.element_size()
        layout[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(layout, separators=(",", ":"), ensure_ascii=True).encode()
    text += b" " * (-len(text) % 8)
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, tensor in tensors:
            # Not `tofile`, which does not say that a disk is full.
            file.write(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)


def read_hidden(path: Path) -> HiddenStates:
    """Return the hidden states of a file; the tensors are mapped from it, not read, until they are used.

    Raises:
        UserError: the file is missing, cut off, or no file of hidden states.
    """
    metadata, layout = read_layout(Path(path))
    wanted = {entry.name for entry in fields(HiddenStates)} - {"metadata"}
    missing = wanted - OPTIONAL - set(layout)
    if missing:
        raise UserError(
            f"{path} is not a file of hidden states: it lacks {', '.join(sorted(missing))}. Remove it and run again."
        )
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in wanted & set(layout)}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}). Remove it and run again.") from error
    return HiddenStates(**tensors, metadata=metadata)
