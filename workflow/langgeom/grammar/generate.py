"""Minimal pairs made up: a correct sentence is drawn, and an error of the wanted type made at one of its places."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from langgeom.errors import UserError
from langgeom.grammar.errors import ERRORS
from langgeom.grammar.pairs import Pair
from langgeom.grammar.sentence import draw, render

__all__ = ["generate"]

# Of sentences drawn for one pair; a type finds its place in one of 2 to 15.
MOST_DRAWS = 5000


@lru_cache(maxsize=2)
def generate(pairs: int, seed: int) -> tuple[Pair, ...]:
    """Make up pairs of a correct English sentence and one with an error, types in turn, no correct sentence twice.

    The first pairs of a longer list are those of a shorter one with the same seed.

    Args:
        pairs: how many; each type of `ERRORS` gets as many as another, or one less.
        seed: of the choice.

    Raises:
        UserError: the words do not suffice for so many.
    """
    sources = {kind: Random(f"{seed} {kind}") for kind in ERRORS}
    seen: set[str] = set()
    made: list[Pair] = []
    while len(made) < pairs:
        for kind, rng in list(sources.items())[: pairs - len(made)]:
            made.append(_pair(kind, rng, seen))
            seen.add(made[-1].correct)
    return tuple(made)


def _pair(kind: str, rng: Random, seen: set[str]) -> Pair:
    for _ in range(MOST_DRAWS):
        sentence = draw(rng)
        edits = ERRORS[kind](sentence)
        correct = render(sentence.words)
        if edits and correct not in seen:
            return Pair(correct, render(rng.choice(edits).apply(sentence)), kind)
    raise UserError(f"there are words for {len(seen)} pairs only, fewer than asked for; lower `pairs`.")
