"""Words in the wrong place, or missing."""

from __future__ import annotations

from itertools import pairwise

from langgeom.grammar.errors.edit import DETERMINERS, Edit
from langgeom.grammar.lexicon import indefinite
from langgeom.grammar.phrases import Word
from langgeom.grammar.sentence import Sentence

__all__ = ["missing_word", "word_order"]

BEFORE_VERBS = ("progressive", "have", "will", "modal", "passive", "do")
VERBS = ("doing", "participle", "base", "not")
# What an object stands after: a verb, or the person whom something is given.
BEFORE_OBJECTS = ("present", "past", "base", "participle", "doing", "gerund", "object")
OBJECTS = (*DETERMINERS, "any", "object")
JUDGED = ("predicate", "comparative", "more")
DEGREES = ("very", "really", "quite", "much")


def word_order(sentence: Sentence) -> list[Edit]:
    """Exchange two neighbours: "a letter long", "doctor the", "written has", "the on table"."""
    words = sentence.words
    edits = []
    for place, (first, second) in enumerate(pairwise(words)):
        before, verb = (words[place - back] if place >= back else Word("") for back in (1, 2))
        if _fixed(first, second) and not _article_between(before, first, second) and not _of_object(verb, first):
            edits.append(Edit(place, place + 2, (second, first)))
    return edits


def _fixed(first: Word, second: Word) -> bool:
    """Whether English has these two in this order only."""
    noun = second.role in ("adjective", "noun")
    return (
        (first.role == "adjective" and second.role == "noun")
        or ((first.role in DETERMINERS or first.text == "any") and noun)
        or (first.role in BEFORE_VERBS and second.role in VERBS)
        or ((first.role, second.role) in (("not", "base"), ("to", "base"), ("place", "in place")))
        or (first.role in ("selected", "than") and second.role in DETERMINERS)
    )


def _article_between(before: Word, first: Word, second: Word) -> bool:
    """Whether exchanging an adjective and its noun would make an article wrong as well."""
    return before.role == "article" and first.role == "adjective" and indefinite(second.text) != before.text


def _of_object(verb: Word, first: Word) -> bool:
    """Whether an adjective is of an object, after which it would be a predicate: "paint the tower beautiful" is English."""
    return first.role == "adjective" and verb.role in BEFORE_OBJECTS


def missing_word(sentence: Sentence) -> list[Edit]:
    """Leave out a word that must be there: a verb before its object, a copula, `to`, `than`, a selected preposition."""
    words = sentence.words
    edits = []
    for place, (word, following) in enumerate(pairwise(words)):
        after_to = place > 0 and words[place - 1].role == "to"
        needed = (
            (word.role in ("present", "past", "selected") and following.role in OBJECTS)
            or (word.role == "base" and following.role in OBJECTS and not after_to)
            or (word.role == "copula" and (following.role in JUDGED or following.text in DEGREES))
            or (word.role == "to" and following.role == "base")
            or word.role in ("than", "infinitive be")
        )
        if needed:
            edits.append(Edit(place, place + 1, ()))
    return edits
