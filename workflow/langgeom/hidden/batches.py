"""Which sentences run together, and the indices that a batch needs, as tensors made before the first one runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate

import torch
from torch import Tensor

from langgeom.hidden.load import LoadedModel
from langgeom.hidden.tokens import Sentence

__all__ = ["Batch", "batches_of", "pack"]


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


@dataclass(frozen=True)
class Batch:
    """Sentences padded to the longest of them, and where what is computed of them belongs.

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

    def to(self, device: torch.device) -> Batch:
        """Return it on a device, without waiting for the copies (their memory is pinned, see `pack`)."""
        tensors = {name: tensor.to(device, non_blocking=True) for name, tensor in self.tensors()}
        return replace(self, **tensors)  # type: ignore[arg-type]

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the tensors that are there, by name."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, Tensor):
                yield entry.name, value


def pack(
    batches: Sequence[Sequence[int]],
    rows: Sequence[int],
    sentences: Sequence[Sentence],
    kept: Sequence[int],
    loaded: LoadedModel,
) -> list[Batch]:
    """Return the tensors of all batches, on the CPU; pinned when the model runs on a GPU.

    Args:
        batches: indices into `rows`, the longest sentence of a batch first.
        rows: of the sentences that are run.
        sentences: all of the text; `kept`, how many content tokens of each are kept.
    """
    starts = list(accumulate(kept, initial=0))
    members = [[(rows[index], sentences[rows[index]]) for index in batch] for batch in batches]
    return [_pack(batch, starts, loaded) for batch in members]


def _pack(batch: Sequence[tuple[int, Sentence]], starts: Sequence[int], loaded: LoadedModel) -> Batch:
    longest = len(batch[0][1].ids)
    lengths = torch.tensor([len(sentence.ids) for _, sentence in batch])
    weights = torch.zeros(len(batch), 1, longest)
    source: list[int] = []
    target: list[int] = []
    scored: list[int] = []
    for place, (row, sentence) in enumerate(batch):
        weights[place, 0, sentence.content] = 1.0 / len(sentence.content)
        here, start, end = place * longest, starts[row], starts[row + 1]
        source += [here + position for position in sentence.content[: end - start]]
        target += range(start, end)
        scored += [here + position for position in sentence.scored]
    padded = bool((lengths < longest).any())
    made = Batch(
        ids=torch.tensor([sentence.ids + [loaded.pad] * (longest - len(sentence.ids)) for _, sentence in batch]),
        mask=(torch.arange(longest)[None] < lengths[:, None]).long() if padded and not loaded.causal else None,
        rows=torch.tensor([row for row, _ in batch]),
        weights=weights,
        source=torch.tensor(source, dtype=torch.int64),
        target=torch.tensor(target, dtype=torch.int64),
        scored=torch.tensor(scored, dtype=torch.int64),
        size=int(lengths.sum()),
    )
    if loaded.device.type == "cuda":
        made = replace(made, **{name: tensor.pin_memory() for name, tensor in made.tensors()})  # type: ignore[arg-type]
    return made
