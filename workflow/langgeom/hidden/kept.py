"""Which content tokens of a text are kept, and which of them a model cannot tell apart."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import torch
from torch import Tensor

from langgeom.errors import UserError

log = logging.getLogger(__name__)
# One token is read by the head for at least so many of the reference: at all layers of a model of a small trunk and a large
# vocabulary (Gemma 3 270M), reading it takes as long as running about 15.
FOR_ONE = 60


class Kept(NamedTuple):
    """Of all content tokens, [tokens] bool: those kept, and of these the sample; [sentences] bool: those kept whole; [read]
    int64: places, among all content tokens, of those that the head reads.
    """

    token: Tensor
    sampled: Tensor
    whole: Tensor
    read: Tensor


def choose(
    name: str, lines: Tensor, counts: Tensor, settings: Mapping[str, Any], seed: int, reference: tuple[Tensor, Tensor] | None
) -> Kept:
    """Choose an even sample of a text's tokens for clouds, lines that are kept whole for what compares positions, and tokens
    for the head to read.

    The sample has as many tokens as the reference, at most the cap, from the lines that the reference has too; a text with
    fewer is kept as it is, and named in the log. The whole lines are spread over the reference's, the same in all texts; so are
    those of which the head reads one token, at the same share of the sentence in all texts, and never the last.

    Args:
        name: of the text.
        lines, counts: [sentences] line number and content tokens of each.
        settings: `token_cap`, `lens_lines`, and `whole_lines`; where that is None (in corpora of pairs), the first tokens are
            kept, exactly up to the cap, and none is read.
        seed: of the draws.
        reference: lines and counts of the reference text; None: it is this one.

    Raises:
        UserError: the text and the reference have no line in common.
    """
    cap, owner = settings["token_cap"], torch.arange(len(counts)).repeat_interleave(counts)
    if settings["whole_lines"] is None:
        token = torch.arange(len(owner)) < cap
        return Kept(token, token, counts.cumsum(0) <= cap, torch.zeros(0, dtype=torch.int64))
    generator = torch.Generator().manual_seed(seed)
    others, theirs = (lines, counts) if reference is None else reference
    whole = torch.isin(lines, others[_spread(len(others), settings["whole_lines"], generator)])
    shared, wanted = torch.isin(lines, others), min(cap, int(theirs.sum()))
    if not shared.any():
        raise UserError("none of its lines is in the reference text, so there is nothing to compare. Are the two parallel?")
    sampled = _even(torch.where(shared, counts, 0), counts, wanted, generator)
    found = int(sampled.sum())
    if found < wanted:
        log.warning("%s has %d tokens, where the reference gives %d: dimensions depend on their number", name, found, wanted)
    read = _read(lines, counts, others, min(settings["lens_lines"], int(theirs.sum()) // FOR_ONE), seed)
    token = sampled | whole[owner]
    token[read] = True
    return Kept(token, sampled, whole, read)


def _read(lines: Tensor, counts: Tensor, others: Tensor, number: int, seed: int) -> Tensor:
    """Draw one token, but not the last, of each of `number` lines of the reference, [read] int64 places among all tokens.

    The draws are of a generator of their own, since how many others took depends on the text.
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = others[_spread(len(others), number, generator)]
    where = torch.rand(len(chosen), generator=generator, dtype=torch.float64)[torch.isin(chosen, lines)]
    rows = torch.isin(lines, chosen)
    starts, held = (counts.cumsum(0) - counts)[rows], counts[rows] - 1
    return (starts + (where * held).long())[held > 0]


def _spread(count: int, number: int, generator: torch.Generator) -> Tensor:
    """Return `number` of `count` places, one drawn from each of as many stretches; all where there are not more."""
    number = min(count, number)
    edges = torch.arange(number + 1) * count // max(1, number)
    return edges[:-1] + (torch.rand(number, generator=generator) * edges.diff()).long()


def _even(shares: Tensor, counts: Tensor, wanted: int, generator: torch.Generator) -> Tensor:
    """Draw `wanted` tokens, of each sentence in proportion to its share, [tokens] bool; all where there are not more.

    A sentence's part is rounded up or down at random, and drawn at random within it. So every token is as likely as any
    other, and no sentence is off its proportion by one token.
    """
    total, owner = int(shares.sum()), torch.arange(len(counts)).repeat_interleave(counts)
    wanted = min(wanted, total)
    start = torch.randint(max(1, total), (1,), generator=generator)
    edges = (start + shares.cumsum(0) * wanted) // max(1, total)
    order = (owner + torch.rand(len(owner), generator=generator, dtype=torch.float64)).argsort()
    rank = torch.empty_like(owner)
    rank[order] = torch.arange(len(owner)) - (counts.cumsum(0) - counts)[owner]
    return rank < edges.diff(prepend=edges.new_zeros(1))[owner]


def prefixes(ids: Sequence[int], positions: Sequence[int], causal: bool) -> list[int]:
    """Return a 64-bit hash of what each position sees: the ids up to it, or all ids and the position where it is not causal.

    Equal hashes are copies: the model gives such tokens the same states, up to the rounding of other batches.
    """
    seen = b"".join(number.to_bytes(4, "little") for number in ids)
    parts = (seen[: 4 * position + 4] if causal else seen + position.to_bytes(4, "little") for position in positions)
    return [int.from_bytes(blake2b(part, digest_size=8).digest(), "little", signed=True) for part in parts]
