"""Hidden states of every layer of a model on the lines of a text, reduced as they are produced."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from langgeom.errors import UserError
from langgeom.hidden.batches import Batch, batches_of, budget_of, pack
from langgeom.hidden.head import lens, types_of
from langgeom.hidden.kept import choose, prefixes
from langgeom.hidden.load import LoadedModel
from langgeom.hidden.states import HiddenStates
from langgeom.hidden.tokens import Sentence, Tokenised
from langgeom.words import has_words

log = logging.getLogger(__name__)
ODD, NOTABLE = ("unknown", "fragments"), 0.05  # from this share on they are told in the log
SECONDS = 5.0  # between two lines of progress in the log
NEEDED = ("batch_tokens", "max_tokens", "token_cap", "whole_lines", "lens_lines", "first_position", "final_norm")


class _Sums(NamedTuple):
    """What the layers are reduced to, on the model's device; filled batch by batch."""

    sentence: Tensor
    token: Tensor
    nll: Tensor | None


def extract(
    loaded: LoadedModel, lines: Sequence[str], settings: Mapping[str, Any], *, name: str = "", **options: Any
) -> HiddenStates:
    """Run one text: `extract_parts` without parts."""
    return extract_parts(loaded, lines, settings, name=name, **options)[name]


def extract_parts(
    loaded: LoadedModel,
    lines: Sequence[str],
    settings: Mapping[str, Any],
    parts: Mapping[str, Sequence[str]] = MappingProxyType({}),
    *,
    name: str = "",
    loss: bool | None = None,
    reference: HiddenStates | None = None,
    seed: int = 0,
) -> dict[str, HiddenStates]:
    """Run the lines of a text through a model, for the text itself and for the texts that are parts of it.

    Sentences are sorted by length and run in batches. Each layer is reduced to sentence means (summed in float32) and to
    the token vectors that are kept (`langgeom.hidden.kept`), before the next layer is computed. Padding changes the order
    of sums only; the tests bound its effect.

    Args:
        lines: lines of the corpus file; empty ones are skipped.
        settings: the config's `hidden`; a key that is missing has the config's default, `dtype` and `keep` are not read.
        parts: by name, the lines of other texts. Each line equals the same line of `lines`, or is empty.
        name: the text's name, for the log and for its script, which may have no words to count; without a name it has.
        loss: score the text; None: `settings["loss"]`, and where that is None too, whether the model was loaded with its
            head.
        reference: states of the reference text, of which `kept.choose` takes lines and tokens, and `lens` the types; None: it
            is this text.
        seed: of the tokens and lines drawn.

    Returns:
        By name, the states of the text and of its parts, the vectors on the model's device.

    Raises:
        UserError: no line has a token to measure, the memory is too small, or the name is no text's name.
        ValueError: a loss is asked of a model that was loaded without its head; a part has a line that is not the text's.
    """
    if not set(NEEDED) <= set(settings):
        from langgeom.config import defaults  # which the jobs' environment need not have

        settings = {**defaults("hidden"), **settings}
    wanted = settings.get("loss") if loss is None else loss
    scores = loaded.head is not None if wanted is None else wanted and loaded.manifest["kind"] == "decoder"
    if scores and loaded.head is None:
        raise ValueError("load the model with loss=True to score text")
    for each, of in parts.items():
        if any(line and line != whole for line, whole in zip(of, lines, strict=True)):
            raise ValueError(f"'{each}' is no part of '{name}': a line differs")
    if not scores or loaded.head is None or loaded.head.norm is None:
        settings = {**settings, "lens_lines": 0}
    limit = min(settings["max_tokens"], loaded.positions)
    others = None if reference is None else (reference.sentence_line, reference.tokens)
    texts = {
        each: _Text(each, loaded.tokenizer(of, limit, settings["first_position"], each), settings, seed, others)
        for each, of in {name: lines, **parts}.items()
    }
    whole = texts[name]
    places = {each: text.within(whole) for each, text in texts.items()}
    union = torch.zeros(int(whole.counts.sum()), dtype=torch.bool)
    for _, tokens in places.values():
        union[tokens] = True
    positions = [
        [position for position, here in zip(sentence.content, some.tolist(), strict=True) if here]
        for sentence, some in zip(whole.sentences, union.split(whole.counts.tolist()), strict=True)
    ]
    seen = [prefixes(one.ids, some, loaded.causal) for one, some in zip(whole.sentences, positions, strict=True)]
    prefix = torch.tensor([number for some in seen for number in some], dtype=torch.int64)
    sums = _run(loaded, whole.sentences, positions, settings, bool(scores), name)
    number = union.cumsum(0) - 1
    return {
        each: _states(loaded, texts[each], sums, prefix, rows, number[tokens], settings, reference)
        for each, (rows, tokens) in places.items()
    }


class _Text:
    """A text tokenised, and what of it is kept."""

    def __init__(
        self, name: str, text: Tokenised, settings: Mapping[str, Any], seed: int, reference: tuple[Tensor, Tensor] | None
    ) -> None:
        self.name, self.sentences, self.report = name, text.sentences, text.report
        self.lines = torch.tensor([sentence.line for sentence in text.sentences])
        self.counts = torch.tensor([len(sentence.content) for sentence in text.sentences])
        tokens, odd = int(self.counts.sum()), [sum(getattr(of, kind) for of in text.sentences) for kind in ODD]
        if sum(odd) > NOTABLE * tokens:
            log.warning("%s: of %d tokens %d are unknown to the tokenizer, and %d are no whole character", name, tokens, *odd)
        self.kept = choose(name, self.lines, self.counts, settings, seed, reference)

    def within(self, whole: _Text) -> tuple[Tensor, Tensor]:
        """Return its sentences among those of the text that is run, and what it keeps among that one's content tokens."""
        rows = torch.isin(whole.lines, self.lines)
        tokens = rows.repeat_interleave(whole.counts).nonzero().flatten()
        return rows.nonzero().flatten(), tokens[self.kept.token]


def _run(
    loaded: LoadedModel,
    sentences: Sequence[Sentence],
    positions: Sequence[Sequence[int]],
    settings: Mapping[str, Any],
    loss: bool,
    name: str,
) -> _Sums:
    """Run all sentences, halving the batch size whenever memory runs out.

    Raises:
        UserError: the memory is too small for a single sentence.
    """
    lengths = [len(sentence.ids) for sentence in sentences]
    sums = _allocate(loaded, len(sentences), sum(map(len, positions)), loss)
    left, tokens, start = set(range(len(sentences))), 0, time.monotonic()
    told = start
    with torch.inference_mode():
        while left:
            budget, rows, failed = budget_of(loaded, settings["batch_tokens"], max(lengths)), sorted(left), None
            # All indices are made before: nothing in the loop waits for the device.
            for batch in pack(batches_of([lengths[row] for row in rows], budget), rows, sentences, positions, loaded):
                try:
                    _run_batch(loaded, batch.to(loaded.device), sums, settings["final_norm"])
                except torch.OutOfMemoryError:
                    failed = batch  # halved below, since in here the traceback holds what it had computed
                    break
                left.difference_update(batch.rows.tolist())
                tokens += batch.size
                if time.monotonic() - told >= SECONDS:
                    told = time.monotonic()
                    done, speed = len(sentences) - len(left), tokens / (told - start)
                    log.info("%s: %d of %d sentences, %.0f tokens/s", name, done, len(sentences), speed)
            if failed is not None:
                _halve(loaded, failed, budget)
    return sums


def _allocate(loaded: LoadedModel, sentences: int, tokens: int, loss: bool) -> _Sums:
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
            "Lower hidden.token_cap, or run it on a machine with more memory."
        ) from error


def _halve(loaded: LoadedModel, batch: Batch, budget: int) -> None:
    """Halve the model's token budget after a batch ran out of memory, for this text and those after it.

    Raises:
        UserError: the batch was one sentence.
    """
    if loaded.device.type == "cuda":
        torch.cuda.empty_cache()
    if len(batch.rows) == 1:
        raise UserError(
            f"the memory of {loaded.device} is too small for one sentence of {batch.size} tokens; lower hidden.max_tokens, "
            "or run it on a machine with more memory."
        )
    loaded.budget = min(budget, batch.ids.numel()) // 2
    log.warning("out of memory with a batch of %d tokens; going on with %d", batch.ids.numel(), loaded.budget)


def _run_batch(loaded: LoadedModel, batch: Batch, sums: _Sums, final_norm: bool) -> None:
    def reduce(layer: int, states: Tensor) -> None:
        sums.sentence[layer, batch.rows] = torch.bmm(batch.weights, states.float()).squeeze(1)
        if len(batch.source):
            sums.token[layer, batch.target] = states.flatten(0, 1)[batch.source]

    output = loaded.run(batch.ids, batch.mask, reduce, final_norm)
    if sums.nll is not None and loaded.head is not None:
        # Each is predicted by the position before it. Each value has a place of its own, and rows are summed: adding into one
        # place has no order on a GPU.
        values = torch.zeros(batch.ids.numel(), dtype=torch.float64, device=output.device)
        if len(batch.scored):
            before = output.flatten(0, 1)[batch.scored - 1]
            values[batch.scored] = loaded.head.nll(before, batch.ids.flatten()[batch.scored])
        sums.nll[batch.rows] = values.view(batch.ids.shape).sum(1)


def _states(
    loaded: LoadedModel,
    text: _Text,
    sums: _Sums,
    prefix: Tensor,
    rows: Tensor,
    tokens: Tensor,
    settings: Mapping[str, Any],
    reference: HiddenStates | None,
) -> HiddenStates:
    """Return the states of one text, whose `rows` and `tokens` are among the sentences and the vectors kept of all."""

    def column(name: str) -> Tensor:
        return torch.tensor([getattr(sentence, name) for sentence in text.sentences], dtype=torch.int32)

    def some(of: Tensor, chosen: Tensor, dim: int) -> Tensor:
        return of if len(chosen) == of.shape[dim] else of.index_select(dim, chosen.to(of.device))

    kept = text.kept
    scored = dict(
        nll=sums.nll.cpu()[rows], scored_characters=column("scored_characters"), scored_bytes=column("scored_bytes")
    ) if sums.nll is not None else {}  # fmt: skip
    token, types = some(sums.token, tokens, 1), types_of(text.sentences)
    read = _lens(loaded, text, token, types, settings["final_norm"], reference) if len(kept.read) else {}
    excluded = len(rows) if settings["first_position"] == "exclude" else 0
    report = {**text.report, "tokens_kept": len(tokens), "first_position_excluded": excluded}
    spaced = not text.name or has_words(text.name)
    return HiddenStates(
        sentence=some(sums.sentence, rows, 1),
        token=token,
        token_sentence=torch.arange(len(rows), dtype=torch.int32).repeat_interleave(text.counts)[kept.token],
        token_prefix=prefix[tokens],
        token_sampled=kept.sampled[kept.token],
        sentence_line=column("line"),
        sentence_whole=kept.whole,
        tokens=text.counts.int(),
        words=column("words") * spaced,
        characters=column("characters"),
        bytes=column("bytes"),
        unknown=column("unknown"),
        fragments=column("fragments"),
        types=types[0],
        type_counts=types[1],
        **scored,
        **read,
        metadata={
            "model": loaded.manifest["name"],
            "kind": loaded.manifest["kind"],
            "init": loaded.manifest["init"],
            "dtype": str(loaded.dtype).removeprefix("torch."),
            "final_norm": str(settings["final_norm"]).lower(),
            "report": json.dumps(report, sort_keys=True),
        },
    )


def _lens(
    loaded: LoadedModel,
    text: _Text,
    token: Tensor,
    types: tuple[Tensor, Tensor],
    normed: bool,
    reference: HiddenStates | None,
) -> dict[str, Tensor]:
    """Return the fields of `HiddenStates` that the head gives; `token` are the vectors kept of the text."""
    assert loaded.head is not None
    kept, content = text.kept, [(sentence, at) for sentence in text.sentences for at in sentence.content]
    following = torch.tensor([sentence.ids[at + 1] for sentence, at in (content[place] for place in kept.read.tolist())])
    owner = torch.arange(len(text.counts), dtype=torch.int32).repeat_interleave(text.counts)
    states = token[:, (kept.token.cumsum(0) - 1)[kept.read].to(token.device)]
    other = None if reference is None or reference.types is None else (reference.types, reference.type_counts)
    with torch.inference_mode():
        read = lens(loaded.head, states, following, types, other, normed)  # type: ignore[arg-type]
    return {"lens_sentence": owner[kept.read], **{name: of.cpu() for name, of in read.items()}}
