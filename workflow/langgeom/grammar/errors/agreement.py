"""Words that disagree in number: a verb with its subject, a determiner with its noun."""

from __future__ import annotations

from langgeom.grammar.errors.edit import Edit, head_of, instead
from langgeom.grammar.sentence import Sentence

__all__ = ["determiner_number", "subject_verb"]


def subject_verb(sentence: Sentence) -> list[Edit]:
    """Give a verb or copula the other number: "The students studies for the exam." """
    edits: list[Edit] = []
    for place, word in enumerate(sentence.words):
        if word.role in ("present", "relative"):
            edits += instead(place, *(form for form in word.forms[:2] if form != word.text))
        elif word.role == "copula":
            edits += instead(place, *word.forms)
    return edits


def determiner_number(sentence: Sentence) -> list[Edit]:
    """Give a noun the number that its determiner does not have, or the other way round: "many letter", "this letters"."""
    edits: list[Edit] = []
    for place, word in enumerate(sentence.words):
        noun = head_of(sentence.words, place) if word.role in ("number", "article") else None
        if noun is None:
            continue
        edits += instead(noun, *(form for form in sentence.words[noun].forms if form != sentence.words[noun].text))
        edits += instead(place, *{"this": ["these"], "these": ["this"]}.get(word.text, []))
    return edits
