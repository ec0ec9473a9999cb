"""Hidden states of every layer of a model on the lines of a text, reduced as they are produced."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from langgeom.errors import UserError
from langgeom.hidden.batches import Batch, batches_of, pack
from langgeom.hidden.load import LoadedModel, load
from langgeom.hidden.memory import budget_of
from langgeom.hidden.progress import Progress
from langgeom.hidden.states import HiddenStates
from langgeom.hidden.tokens import Sentence, Tokenised
from langgeom.words import has_words

__all__ = ["DEFAULTS", "LoadedModel", "extract", "load"]

log = logging.getLogger(__name__)
DEFAULTS: Mapping[str, Any] = {
    "batch_tokens": "auto", "max_tokens": 512, "token_cap": 2048, "first_position": "exclude", "final_norm": True,
    "loss": None,
}  # fmt: skip


@dataclass
class _Sums:
    """What the layers are reduced to, on the model's device; filled batch by batch."""

    sentence: Tensor
    token: Tensor
    nll: Tensor | None


def extract(
    loaded: LoadedModel, lines: Sequence[str], settings: Mapping[str, Any], *, name: str = "", loss: bool | None = None
) -> HiddenStates:
    """Run the lines of a text through a model.

    Sentences are sorted by length and run in batches; each layer is reduced to sentence means (summed in float32) and
    to the token vectors kept, before the next layer is computed. Padding changes the order of sums only; the tests
    bound what that does.

    Args:
        lines: lines of the corpus file; empty ones are skipped.
        settings: the config's `hidden` (missing keys as in `DEFAULTS`; `dtype` belongs to `load`).
        name: the text's name, for progress and for its script, which may have no words to count; without a name it has.
        loss: score the text; None: `settings["loss"]`, and where that is None too, whether the model was loaded with
        its head.

    Raises:
        UserError: no line has a token to measure, or the name is no text's name.
        ValueError: a loss is asked of a model that was loaded without its head.
    """
    chosen = {**DEFAULTS, **settings}
    loss = chosen["loss"] if loss is None else loss
    loss = loaded.head is not None if loss is None else loss and loaded.manifest["kind"] == "decoder"
    if loss and loaded.head is None:
        raise ValueError("load the model with loss=True to score text")
    text = loaded.tokenizer(lines, min(chosen["max_tokens"], loaded.positions), chosen["first_position"])
    kept = _kept(text.sentences, chosen["token_cap"])
    sums = _run(loaded, text.sentences, kept, chosen, bool(loss), name)
    return _states(loaded, text, kept, sums, chosen, not name or has_words(name))


def _kept(sentences: Sequence[Sentence], cap: int) -> list[int]:
    """Return how many content tokens of each sentence are kept: all of the first ones, exactly up to the cap."""
    ends = list(accumulate(len(sentence.content) for sentence in sentences))
    return [
        max(0, min(len(sentence.content), cap - end + len(sentence.content)))
        for sentence, end in zip(sentences, ends, strict=True)
    ]


def _run(
    loaded: LoadedModel,
    sentences: Sequence[Sentence],
    kept: Sequence[int],
    chosen: Mapping[str, Any],
    loss: bool,
    name: str,
) -> _Sums:
    """Run all sentences; where the memory does not do, with half the tokens a batch from there on.

    Raises:
        UserError: a single sentence is too much for the memory.
    """
    lengths = [len(sentence.ids) for sentence in sentences]
    left = list(range(len(sentences)))
    sums = _room(loaded, len(sentences), sum(kept), loss)
    with torch.inference_mode(), Progress(name, len(sentences), sum(lengths)) as progress:
        while left:
            budget = budget_of(loaded, chosen["batch_tokens"], max(lengths))
            packed = pack(batches_of([lengths[row] for row in left], budget), left, sentences, kept, loaded)
            failed = _run_all(loaded, packed, sums, chosen["final_norm"], progress)
            left = [row for batch in packed[len(packed) if failed is None else failed :] for row in batch.rows.tolist()]
            if failed is not None:
                _halve(loaded, packed[failed], budget)
            left.sort()
    return sums


def _room(loaded: LoadedModel, sentences: int, tokens: int, loss: bool) -> _Sums:
    layers, dim, device = len(loaded.blocks) + 1, loaded.manifest["dim"], loaded.device
    try:
        return _Sums(
            torch.empty(layers, sentences, dim, device=device),
            torch.empty(layers, tokens, dim, dtype=loaded.dtype, device=device),
            torch.empty(sentences, dtype=torch.float64, device=device) if loss else None,
        )
    except torch.OutOfMemoryError as error:
        size = layers * dim * (4 * sentences + loaded.dtype.itemsize * tokens) / 2**30
        raise UserError(
            f"the memory of {device} does not hold the hidden states of this text beside the model: {size:.1f} GiB. "
            "Lower hidden.token_cap, or run it where there is more."
        ) from error


def _run_all(loaded: LoadedModel, packed: Sequence[Batch], sums: _Sums, final_norm: bool, progress: Progress) -> int | None:
    """Run batches in turn; return the number of the one that the memory was too small for, if any.

    Nothing in the loop waits for the device: indices were made before, and progress counts what was handed over.
    """
    for number, batch in enumerate(packed):
        try:
            _run_batch(loaded, batch.to(loaded.device), sums, final_norm)
        except torch.OutOfMemoryError:
            # The traceback holds what the batch had computed, so memory is freed only outside.
            return number
        progress.add(len(batch.rows), batch.size)
    return None


def _halve(loaded: LoadedModel, batch: Batch, budget: int) -> None:
    """Halve the model's budget after a batch was too much, for this text and those after it.

    Raises:
        UserError: it was one sentence.
    """
    if loaded.device.type == "cuda":
        torch.cuda.empty_cache()
    if len(batch.rows) == 1:
        raise UserError(
            f"the memory of {loaded.device} does not do for one sentence of {batch.size} tokens; lower hidden.max_tokens, "
            "or run it where there is more."
        )
    loaded.budget = min(budget, batch.ids.numel()) // 2
    log.warning("out of memory with a batch of %d tokens; going on with %d", batch.ids.numel(), loaded.budget)


def _run_batch(loaded: LoadedModel, batch: Batch, sums: _Sums, final_norm: bool) -> None:
    def reduce(layer: int, states: Tensor) -> None:
        sums.sentence[layer, batch.rows] = torch.bmm(batch.weights, states.float()).squeeze(1)
        if len(batch.source):
            sums.token[layer, batch.target] = states.flatten(0, 1)[batch.source]

    output = loaded.run(batch.ids, batch.mask, reduce, final_norm)
    if sums.nll is not None:
        sums.nll[batch.rows] = _score(loaded, batch, output)


def _score(loaded: LoadedModel, batch: Batch, output: Tensor) -> Tensor:
    """Return the negative log-likelihood of each sentence's scored tokens, each predicted by the position before it."""
    assert loaded.head is not None
    values = torch.zeros(batch.ids.numel(), dtype=torch.float64, device=output.device)
    if len(batch.scored):
        # Each value has a place of its own, and rows are summed: adding into one place has no order on a GPU.
        values[batch.scored] = loaded.head.nll(output.flatten(0, 1)[batch.scored - 1], batch.ids.flatten()[batch.scored])
    return values.view(batch.ids.shape).sum(1)


def _states(
    loaded: LoadedModel, text: Tokenised, kept: Sequence[int], sums: _Sums, chosen: Mapping[str, Any], spaced: bool
) -> HiddenStates:
    def column(values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.int32)

    sentences = text.sentences
    scored = dict(
        nll=_to_host(sums.nll),
        scored_characters=column([sentence.scored_characters for sentence in sentences]),
        scored_bytes=column([sentence.scored_bytes for sentence in sentences]),
    ) if sums.nll is not None else {}  # fmt: skip
    excluded = len(sentences) if chosen["first_position"] == "exclude" else 0
    report = {**text.report, "tokens_kept": sum(kept), "first_position_excluded": excluded}
    return HiddenStates(
        sentence=_to_host(sums.sentence),
        token=_to_host(sums.token),
        token_sentence=column([row for row, count in enumerate(kept) for _ in range(count)]),
        sentence_line=column([sentence.line for sentence in sentences]),
        tokens=column([len(sentence.content) for sentence in sentences]),
        words=column([sentence.words if spaced else 0 for sentence in sentences]),
        characters=column([sentence.characters for sentence in sentences]),
        bytes=column([sentence.bytes for sentence in sentences]),
        unknown=column([sentence.unknown for sentence in sentences]),
        **scored,
        metadata={
            "model": loaded.manifest["name"],
            "kind": loaded.manifest["kind"],
            "init": loaded.manifest["init"],
            "dtype": str(loaded.dtype).removeprefix("torch."),
            "final_norm": str(chosen["final_norm"]).lower(),
            "report": json.dumps(report, sort_keys=True),
        },
    )


def _to_host(tensor: Tensor) -> Tensor:
    """Return a tensor on the CPU; from a GPU through memory that it can write to by itself, several times as fast."""
    if tensor.device.type != "cuda":
        return tensor.cpu()
    host = torch.empty_like(tensor, device="cpu", pin_memory=True)
    host.copy_(tensor)
    return host
