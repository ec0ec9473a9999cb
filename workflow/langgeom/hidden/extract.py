"""Hidden states of every layer of a model on the lines of a text, reduced as they are produced."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from langgeom.hidden.batches import batches_of
from langgeom.hidden.load import LoadedModel, load
from langgeom.hidden.progress import Progress
from langgeom.hidden.states import HiddenStates
from langgeom.hidden.tokens import Sentence, Tokenised

__all__ = ["DEFAULTS", "LoadedModel", "extract", "load"]

DEFAULTS: Mapping[str, Any] = {
    "batch_tokens": 512, "max_tokens": 512, "token_cap": 2048, "first_position": "exclude", "final_norm": True,
    "loss": None,
}  # fmt: skip


@dataclass
class _Sums:
    """What the layers are reduced to; filled batch by batch."""

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
        name: the text's name, for progress.
        loss: score the text; None: `settings["loss"]`, and where that is None too, whether the model was loaded with
        its head.

    Raises:
        UserError: no line has a token to measure.
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
    return _states(loaded, text, kept, sums, chosen)


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
    layers, dim = len(loaded.blocks) + 1, loaded.manifest["dim"]
    sums = _Sums(
        torch.empty(layers, len(sentences), dim, device=loaded.device),
        torch.empty(layers, sum(kept), dim, dtype=loaded.dtype, device=loaded.device),
        torch.empty(len(sentences), dtype=torch.float64, device=loaded.device) if loss else None,
    )
    starts = list(accumulate(kept, initial=0))
    lengths = [len(sentence.ids) for sentence in sentences]
    with torch.inference_mode(), Progress(name, len(sentences), sum(lengths)) as progress:
        for batch in batches_of(lengths, chosen["batch_tokens"]):
            members = [(index, sentences[index], starts[index], kept[index]) for index in batch]
            _run_batch(loaded, members, sums, chosen["final_norm"])
            progress.add(len(batch), sum(lengths[index] for index in batch))
    return sums


def _run_batch(loaded: LoadedModel, batch: list[tuple[int, Sentence, int, int]], sums: _Sums, final_norm: bool) -> None:
    """Run one batch of (row, sentence, first row of its kept tokens, how many are kept)."""
    device, longest = loaded.device, len(batch[0][1].ids)
    ids = torch.tensor([sentence.ids + [loaded.pad] * (longest - len(sentence.ids)) for _, sentence, _, _ in batch])
    weights = torch.zeros(len(batch), 1, longest)
    source: list[int] = []
    target: list[int] = []
    for place, (_, sentence, start, count) in enumerate(batch):
        weights[place, 0, sentence.content] = 1.0 / len(sentence.content)
        source += [place * longest + position for position in sentence.content[:count]]
        target += range(start, start + count)
    mask = None
    if not loaded.causal and len(batch[-1][1].ids) < longest:
        lengths = torch.tensor([len(sentence.ids) for _, sentence, _, _ in batch])
        mask = (torch.arange(longest)[None] < lengths[:, None]).long().to(device)
    rows = torch.tensor([index for index, _, _, _ in batch], device=device)
    weights = weights.to(device)
    source_rows, target_rows = torch.tensor(source, device=device), torch.tensor(target, device=device)

    def reduce(layer: int, states: Tensor) -> None:
        sums.sentence[layer, rows] = torch.bmm(weights, states.float()).squeeze(1)
        if source:
            sums.token[layer, target_rows] = states.flatten(0, 1)[source_rows]

    output = loaded.run(ids.to(device), mask, reduce, final_norm)
    if sums.nll is not None:
        _score(loaded, [sentence for _, sentence, _, _ in batch], rows, output, ids, sums.nll)


def _score(loaded: LoadedModel, sentences: Sequence[Sentence], rows: Tensor, output: Tensor, ids: Tensor, nll: Tensor) -> None:
    """Sum the negative log-likelihood of each sentence's scored tokens, each predicted by the position before it."""
    assert loaded.head is not None
    longest = ids.shape[1]
    places = torch.tensor([place for place, sentence in enumerate(sentences) for _ in sentence.scored], device=loaded.device)
    flat = torch.tensor([place * longest + at for place, s in enumerate(sentences) for at in s.scored], device=loaded.device)
    sums = torch.zeros(len(sentences), dtype=torch.float64, device=loaded.device)
    if len(flat):
        values = loaded.head.nll(output.flatten(0, 1)[flat - 1], ids.to(loaded.device).flatten()[flat])
        sums.index_add_(0, places, values)
    nll[rows] = sums


def _states(loaded: LoadedModel, text: Tokenised, kept: Sequence[int], sums: _Sums, chosen: Mapping[str, Any]) -> HiddenStates:
    def column(values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.int32)

    sentences = text.sentences
    scored = dict(
        nll=sums.nll.cpu(),
        scored_characters=column([sentence.scored_characters for sentence in sentences]),
        scored_bytes=column([sentence.scored_bytes for sentence in sentences]),
    ) if sums.nll is not None else {}  # fmt: skip
    excluded = len(sentences) if chosen["first_position"] == "exclude" else 0
    report = {**text.report, "tokens_kept": sum(kept), "first_position_excluded": excluded}
    return HiddenStates(
        sentence=sums.sentence.cpu(),
        token=sums.token.cpu(),
        token_sentence=column([row for row, count in enumerate(kept) for _ in range(count)]),
        sentence_line=column([sentence.line for sentence in sentences]),
        tokens=column([len(sentence.content) for sentence in sentences]),
        words=column([sentence.words for sentence in sentences]),
        characters=column([sentence.characters for sentence in sentences]),
        bytes=column([sentence.bytes for sentence in sentences]),
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
