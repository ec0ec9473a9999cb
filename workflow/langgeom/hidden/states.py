"""The hidden states of one text, as tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["HiddenStates"]


@dataclass
class HiddenStates:
    """What docs/design.md calls by the same names; `nll` and what goes with it are None when no loss was asked for.

    Shapes: `sentence` [layers + 1, sentence, dim] float32; `token` [layers + 1, token, dim] in the model's dtype;
    `token_sentence` [token] int32; all others [sentence], int32, `nll` float64 in nats.
    """

    sentence: Tensor
    token: Tensor
    token_sentence: Tensor
    sentence_line: Tensor
    tokens: Tensor
    words: Tensor
    characters: Tensor
    bytes: Tensor
    nll: Tensor | None = None
    scored_characters: Tensor | None = None
    scored_bytes: Tensor | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the tensors that are there, by name."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name != "metadata" and value is not None:
                yield entry.name, value
