"""The hidden states of one text, as tensors, and what they are of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from langgeom.metrics.inputs import HiddenText

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["HiddenStates"]


@dataclass(frozen=True)
class HiddenStates(HiddenText):
    """What docs/design.md calls by the same names; `nll` and what goes with it are None when no loss was asked for.

    Shapes: `sentence` [layers + 1, sentence, dim] float32; `token` [layers + 1, token, dim] in the model's dtype;
    `token_sentence` [token] int32; all others [sentence], int32, `nll` float64 in nats. `metadata`: the header.
    """

    metadata: dict[str, str] = field(default_factory=dict)

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the tensors that are there, by name."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name != "metadata" and value is not None:
                yield entry.name, value
