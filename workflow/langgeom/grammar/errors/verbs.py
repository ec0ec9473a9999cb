"""Verbs: the wrong auxiliary, a tense that the time named excludes, and a form that the word before does not allow."""

from __future__ import annotations

from langgeom.grammar.errors.edit import Edit, instead
from langgeom.grammar.phrases import BE, Word
from langgeom.grammar.sentence import Sentence

__all__ = ["auxiliary", "tense", "verb_form"]


def auxiliary(sentence: Sentence) -> list[Edit]:
    """Give an auxiliary the other number, or take another: "The car need to be repaired.", "She was not buy it." """
    edits: list[Edit] = []
    for place, word in enumerate(sentence.words):
        do, have = ("does", "has") if word.person == "third" else ("do", "have")
        if word.role in ("progressive", "passive", "have", "do", "need"):
            edits += instead(place, *(form for form in word.forms if form != word.text))
        if word.role == "do":
            edits += instead(place, BE[word.person][word.text == "did"])
        elif word.role == "have":
            edits += instead(place, do)
        elif word.role == "progressive":
            edits += instead(place, have, do)
        elif word.role == "passive":
            edits += instead(place, "did" if word.text in ("was", "were") else do)
    return edits


def tense(sentence: Sentence) -> list[Edit]:
    """Put the verb into a tense that a phrase of time excludes: "Yesterday she writes a letter." """
    edits: list[Edit] = []
    # The time may be that of the infinitive: "decided to buy the hat next month" is English.
    infinitive = any(word.role == "to" for word in sentence.words)
    for place, word in enumerate(sentence.words):
        if sentence.time == "past" and word.role == "past":
            edits += instead(place, word.forms[word.person == "third"])
        elif sentence.time == "past" and word.text == "did":
            edits += instead(place, "does" if word.person == "third" else "do")
        elif sentence.time == "past" and word.role in ("copula", "passive"):
            edits += instead(place, BE[word.person][False])
        elif sentence.time == "future" and word.role == "will" and not infinitive:
            following = sentence.words[place + 1]
            if following.role == "base":
                edits.append(Edit(place, place + 2, (Word(following.forms[2]),)))
            else:
                edits += instead(place, "did")
    return edits


def verb_form(sentence: Sentence) -> list[Edit]:
    """Take a form that an auxiliary, `to` or a verb before does not allow: "She can swims.", "He has wrote it." """
    edits: list[Edit] = []
    for place, word in enumerate(sentence.words):
        base, third, past, participle, doing = word.forms if len(word.forms) == 5 else [""] * 5
        be_before = place > 0 and sentence.words[place - 1].role in ("passive", "infinitive be")
        allowed = {
            "base": (third, past, doing),
            # "needs to be washing" and "keeps washed apples" are English.
            "participle": (base, past) if be_before else (base, past, doing),
            "doing": (base, third),
            "gerund": (base, third),
        }.get(word.role, ())
        edits += instead(place, *(form for form in allowed if form not in (word.text, participle)))
    return edits
