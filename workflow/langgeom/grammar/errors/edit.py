"""What an error does to a sentence, and how its modules write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from langgeom.grammar.phrases import Word
from langgeom.grammar.sentence import Sentence

__all__ = ["DETERMINERS", "Edit", "head_of", "instead"]

DETERMINERS = ("the", "article", "possessive", "number")
BEFORE_NOUNS = ("adjective", "superlative", "most")


class Edit(NamedTuple):
    """The words [start, stop) replaced by others."""

    start: int
    stop: int
    words: tuple[Word, ...]

    def apply(self, sentence: Sentence) -> list[Word]:
        """Return the words of the sentence after the edit."""
        return [*sentence.words[: self.start], *self.words, *sentence.words[self.stop :]]


def instead(place: int, *texts: str) -> list[Edit]:
    """Return the edits that put each of these in place of one word."""
    return [Edit(place, place + 1, (Word(text),)) for text in texts]


def head_of(words: Sequence[Word], determiner: int) -> int | None:
    """Return the place of the noun that a determiner stands before, if there is one."""
    for place in range(determiner + 1, len(words)):
        if words[place].role == "noun":
            return place
        if words[place].role not in BEFORE_NOUNS:
            return None
    return None
