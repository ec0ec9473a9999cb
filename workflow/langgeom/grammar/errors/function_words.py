"""Small words: articles, pronouns, prepositions, degree, and negation."""

from __future__ import annotations

from langgeom.grammar.errors.edit import Edit, head_of, instead
from langgeom.grammar.phrases import Word
from langgeom.grammar.sentence import Sentence

__all__ = ["article", "comparative", "double_negation", "preposition", "pronoun_case"]

NEGATIVE = {"any": "no", "anybody": "nobody", "anything": "nothing"}
# Without an article these may be a substance or a name for what is made of it.
SUBSTANCES = ("food", "animal")


def article(sentence: Sentence) -> list[Edit]:
    """Take a for an, leave an article out, or put one before a possessive: "a apple", "She bought car.", "the my car"."""
    words = sentence.words
    edits: list[Edit] = []
    for place, word in enumerate(words):
        if word.role == "article":
            edits += instead(place, "an" if word.text == "a" else "a")
        # "offered her the shirt" would be "offered her shirt", which is English.
        if word.role in ("article", "the") and place > 0 and words[place - 1].text != "her":
            noun = head_of(words, place)
            if noun is not None and words[noun].person == "third" and words[noun].kind not in SUBSTANCES:
                edits.append(Edit(place, place + 1, ()))
        if word.role == "possessive":
            edits.append(Edit(place, place, (Word("the"),)))
    return edits


def pronoun_case(sentence: Sentence) -> list[Edit]:
    """Take the object's form for a subject or the other way round: "Him writes.", "She helps we." """
    return _other_forms(sentence, "subject", "object")


def preposition(sentence: Sentence) -> list[Edit]:
    """Take a preposition that the verb, adjective or time does not go with: "depends of", "at Monday"."""
    return _other_forms(sentence, "selected")


def _other_forms(sentence: Sentence, *roles: str) -> list[Edit]:
    return [edit for place, word in enumerate(sentence.words) if word.role in roles for edit in instead(place, *word.forms)]


def comparative(sentence: Sentence) -> list[Edit]:
    """Mark degree twice, not at all, or with the wrong word: "more older", "old than", "older as"."""
    edits: list[Edit] = []
    for place, word in enumerate(sentence.words):
        if word.role == "comparative":
            edits += [Edit(place, place, (Word("more"),)), *instead(place, word.forms[0], word.forms[2])]
        elif word.role == "superlative":
            edits.append(Edit(place, place, (Word("most"),)))
        elif word.role == "more":
            edits += [Edit(place, place + 1, ()), *instead(place, "most")]
        elif word.role == "than":
            edits += instead(place, "as")
    return edits


def double_negation(sentence: Sentence) -> list[Edit]:
    """Negate a second time: "She did not buy no apples." """
    places = [place for place, word in enumerate(sentence.words) if word.role == "any"]
    return [edit for place in places for edit in instead(place, NEGATIVE[sentence.words[place].text])]
