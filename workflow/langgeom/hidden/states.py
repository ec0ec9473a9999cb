"""The hidden states of one text, in memory and as a file: safetensors, the same bytes for the same numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from langgeom.errors import UserError
from langgeom.files import atomic

METADATA = ("fingerprint", "model", "corpus", "text", "kind", "init", "dtype", "final_norm", "report")
DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16",
    torch.int64: "I64", torch.int32: "I32", torch.bool: "BOOL",
}  # fmt: skip


@dataclass(frozen=True)
class HiddenStates:
    """Hidden states and counts of one text under one model; the fields are the tensors of the file.

    Attributes:
        token: [layers, tokens, d] vectors of the content tokens that are kept (`langgeom.hidden.kept`), in their order.
        token_sentence: [tokens] int32 row of `sentence` that each belongs to, ascending.
        sentence: [layers, sentences, d] float32 means over content tokens.
        sentence_line: [sentences] int32 line number in the corpus, which aligns two texts.
        tokens, words, characters, bytes: [sentences] int32 counts.
        token_prefix: [tokens] int64, equal for tokens that the model cannot tell apart, in whatever text they stand.
        token_sampled: [tokens] bool, which belong to the even sample of the text's tokens; None: all.
        sentence_whole: [sentences] bool, which have all their tokens kept, to compare positions; None: those that have.
        unknown: [sentences] int32 how many of the tokens are the tokenizer's unknown token.
        fragments: [sentences] int32 how many are no whole character by themselves.
        nll: [sentences] float64 summed negative log-likelihood in nats, if the text was scored; with it
        scored_characters, scored_bytes: [sentences] int32 what it covers.
        types, type_counts: [types] int32 ids among the content tokens, ascending, and how often each occurs.
        lens_sentence: [read] int32 row of `sentence` of each token that the head read, ascending, one a sentence; with it
        lens_loss, lens_entropy, lens_own, lens_reference: [layers, read] float64 (`langgeom.hidden.head`).
        metadata: the strings of the header.
    """

    token: Tensor
    token_sentence: Tensor
    sentence: Tensor
    sentence_line: Tensor
    tokens: Tensor
    words: Tensor
    characters: Tensor
    bytes: Tensor
    token_prefix: Tensor | None = None
    token_sampled: Tensor | None = None
    sentence_whole: Tensor | None = None
    unknown: Tensor | None = None
    fragments: Tensor | None = None
    nll: Tensor | None = None
    scored_characters: Tensor | None = None
    scored_bytes: Tensor | None = None
    types: Tensor | None = None
    type_counts: Tensor | None = None
    lens_sentence: Tensor | None = None
    lens_loss: Tensor | None = None
    lens_entropy: Tensor | None = None
    lens_own: Tensor | None = None
    lens_reference: Tensor | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield (name, tensor) of the tensors that are there."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name != "metadata" and value is not None:
                yield entry.name, value

    def to(self, device: torch.device | str) -> HiddenStates:
        """Return the same states with the vectors on a device; the counts stay where they are."""
        return replace(self, token=self.token.to(device), sentence=self.sentence.to(device))

    def means(self, layers: Sequence[int] | None = None) -> HiddenStates:
        """Return the same states without token vectors and what the head reads off them, of some layers only."""
        of_tokens = {name: tensor[:0] for name, tensor in self.tensors() if name.startswith("token_")}
        read = {name: None for name, _ in self.tensors() if name.startswith("lens_")}
        sentence = self.sentence if layers is None else self.sentence[list(layers)]
        return replace(self, token=self.token[:, :0], sentence=sentence, **of_tokens, **read)  # type: ignore[arg-type]


def write_hidden(path: Path, states: HiddenStates, metadata: Mapping[str, str]) -> None:
    """Write hidden states, with the strings of `states.metadata` and `metadata` in the header.

    We write the format ourselves because the safetensors library puts the header's strings in another order each time,
    and copies all tensors before it writes.

    Raises:
        ValueError: the header's strings are not those of docs/design.md.
    """
    header = {**states.metadata, **metadata}
    if set(header) != set(METADATA):
        raise ValueError(f"header has {sorted(header)}, expected {sorted(METADATA)}")
    # Readers need tensors aligned to their size: the widest come first.
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
            # `tofile` would not report a full disk.
            file.write(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)


def read_hidden(path: Path) -> HiddenStates:
    """Return the hidden states of a file. The tensors are mapped from the file, and read when they are used.

    Raises:
        UserError: the file is missing, cut off, or no file of hidden states.
    """
    wanted = {entry.name: entry.default for entry in fields(HiddenStates) if entry.name != "metadata"}
    with _open(path) as file:
        held = set(file.keys())
        missing = {name for name, default in wanted.items() if default is not None} - held
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        return HiddenStates(**{name: file.get_tensor(name) for name in wanted if name in held}, metadata=file.metadata())


def read_header(path: Path) -> dict[str, str]:
    """Return the header's strings (docs/design.md) of a file of hidden states. UserError: as `read_hidden`."""
    with _open(path) as file:
        return dict(file.metadata())


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            if lacking := [key for key in METADATA if key not in (file.metadata() or {})]:
                raise ValueError(f"its header lacks {', '.join(lacking)}")
            yield file
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}. Set hidden.keep: all and run the workflow to write it.") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path} is not a file of hidden states that can be read: {error}. Remove it and run again.") from error
