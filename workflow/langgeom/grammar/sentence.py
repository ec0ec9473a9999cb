"""Correct English sentences of varied length, each word with what an error needs to know of it.

A sentence is drawn top down: tense and time, subject, verb phrase, what may stand around them. Its words carry a `role`;
those without one (fixed phrases, the verb of a subordinate clause) are never touched by an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from langgeom.grammar.phrases import (
    Word,
    be,
    draw_adjective,
    draw_around,
    draw_object,
    draw_place,
    draw_subject,
    finite,
    have,
    kinds_of,
    noun_phrase,
    object_pronoun,
    pick,
    verb_group,
)

__all__ = ["Sentence", "draw", "render"]

SHORTEST, LONGEST = 5, 18
NAMING = ("noun", "adjective", "predicate", "superlative", "comparative", "compared")
SPEAKERS = ("I", "me", "we", "us")
THINGS = ("text", "food", "tool", "vehicle", "building", "garment", "art", "animal")


class Sentence(NamedTuple):
    """Words, and the time that a phrase among them names: past, future, or none of them ("")."""

    words: tuple[Word, ...]
    time: str = ""


def render(words: Sequence[Word]) -> str:
    """Write words as a sentence: first letter large, commas and full stop close to the word before."""
    text = " ".join(word.text for word in words if word.text).replace(" ,", ",") + "."
    return text[0].upper() + text[1:]


def draw(rng: Random) -> Sentence:
    """Draw a sentence of 5 to 18 words, in which no noun or adjective comes twice, and no speaker is subject and object."""
    while True:
        sentence = _sentence(rng)
        names = [word.forms[0] for word in sentence.words if word.role in NAMING]
        fits = SHORTEST <= sum(word.text != "," for word in sentence.words) <= LONGEST
        if fits and len(set(names)) == len(names) and not _reflexive(sentence.words):
            return sentence


def _reflexive(words: Sequence[Word]) -> bool:
    """Whether a first person is both subject and object, which asks for another pronoun: "We may rely on us." """
    speakers = {word.role for word in words if word.text in SPEAKERS}
    return {"subject", "object"} <= speakers


def _plain(text: str) -> list[Word]:
    return [Word(part) for part in text.split()]


def _sentence(rng: Random) -> Sentence:
    """Draw a main clause with its time, and perhaps what leads into it or hangs on it."""
    frame = rng.choices(FRAMES, WEIGHTS)[0]
    if frame in STATES:
        time, phrase = rng.choice(("past", "present")), list[Word]()
    else:
        time, phrase = _time(rng)
    words = frame(rng, time)
    first = bool(phrase) and rng.random() < 0.3
    comma = [Word(",")] if len(phrase) > 1 else []
    words = [*phrase, *comma, *words] if first else [*words, *phrase]
    extra = rng.random()
    # Few: lines that begin alike hold the same vectors in a causal model, copies that distort intrinsic dimension.
    if extra < 0.08 and not first:
        words = [*_plain(pick(rng, "lead").forms[0]), *words]
    elif extra < 0.28 and time in ("past", "present") and frame not in STATES:
        clause = _plain(pick(rng, "clause", time).forms[0])
        words = [*clause, Word(","), *words] if rng.random() < 0.5 and not first else [*words, *clause]
    named = time in ("past", "future") and bool(phrase) and phrase[0].role == "time"
    return Sentence(tuple(words), time if named else "")


def _time(rng: Random) -> tuple[str, list[Word]]:
    """Draw a time, and a phrase that goes with it (or none)."""
    time = rng.choices(("past", "future", "habit", "now", "present", "perfect", "modal"), (30, 12, 14, 10, 14, 10, 10))[0]
    chance = rng.random()
    if time in ("past", "future", "modal") and chance < 0.25:
        moment = pick(rng, "moment")
        right, *wrong = moment.prepositions
        return time, [Word(right, "selected", tuple(wrong)), *_plain(moment.forms[0])]
    if time in ("habit", "now") or (time in ("past", "future") and chance < 0.8):
        return time, [Word(part, "time") for part in pick(rng, "time", time).forms[0].split()]
    return time, []


# Frames: each a clause


def _transitive(rng: Random, time: str) -> list[Word]:
    subject, person = draw_subject(rng)
    entry = pick(rng, "verb")
    return [
        *subject,
        *verb_group(rng, entry, person, time),
        *draw_object(rng, rng.choice(kinds_of(entry))),
        *draw_around(rng, 0.2),
    ]


def _intransitive(rng: Random, time: str) -> list[Word]:
    subject, person = draw_subject(rng)
    return [*subject, *verb_group(rng, pick(rng, "alone"), person, time), *draw_around(rng, 0.9)]


def _selecting(rng: Random, time: str) -> list[Word]:
    """A verb or adjective that selects its preposition."""
    subject, person = draw_subject(rng)
    bound = rng.random() < 0.45 and time in ("past", "present")
    entry = pick(rng, "bound" if bound else "select")
    right, *wrong = entry.prepositions
    if bound:
        verb = [be(person, time == "past")._replace(role="copula"), Word(entry.forms[0])]
    else:
        verb = verb_group(rng, entry, person, time)
    return [*subject, *verb, Word(right, "selected", tuple(wrong)), *draw_object(rng, rng.choice(kinds_of(entry)))]


def _infinitive(rng: Random, time: str) -> list[Word]:
    subject, person = draw_subject(rng)
    entry = pick(rng, "verb")
    head = verb_group(rng, pick(rng, "infinitive"), person, {"now": "habit", "perfect": "past"}.get(time, time))
    return [
        *subject, *head, Word("to", "to"), Word(entry.forms[0], "base", entry.forms),
        *draw_object(rng, rng.choice(kinds_of(entry))),
    ]  # fmt: skip


def _gerund(rng: Random, time: str) -> list[Word]:
    subject, person = draw_subject(rng)
    entry = pick(rng, "verb")
    head = verb_group(rng, pick(rng, "gerund"), person, {"now": "habit", "perfect": "past"}.get(time, time))
    kind = rng.choice(kinds_of(entry))
    return [*subject, *head, Word(entry.forms[4], "gerund", entry.forms), *draw_object(rng, kind), *draw_around(rng, 0.2)]


def _giving(rng: Random, time: str) -> list[Word]:
    subject, person = draw_subject(rng)
    entry = pick(rng, "give")
    whom = [object_pronoun(rng)] if rng.random() < 0.7 else noun_phrase(rng, "person")
    return [*subject, *verb_group(rng, entry, person, time), *whom, *noun_phrase(rng, *entry.classes)]


def _copula(rng: Random, time: str) -> list[Word]:
    kind = rng.choice(("person", *THINGS))
    subject, person = draw_subject(rng, kind)
    degree = [Word(rng.choice(("very", "really", "quite")))] if rng.random() < 0.6 else []
    copula = be(person, time == "past")._replace(role="copula")
    return [*subject, copula, *degree, draw_adjective(rng, kind)._replace(role="predicate")]


def _comparing(rng: Random, time: str) -> list[Word]:
    kind = rng.choice(("person", "tool", "vehicle", "building", "garment", "text", "animal"))
    subject, person = draw_subject(rng, kind)
    entry = pick(rng, "adjective", kind)
    copula = be(person, time == "past")._replace(role="copula")
    degree = [Word("much")] if rng.random() < 0.2 else []
    if entry.forms[1] == "more":
        compared = [Word("more", "more"), Word(entry.forms[0], "compared", entry.forms)]
    else:
        compared = [Word(entry.forms[1], "comparative", entry.forms)]
    return [*subject, copula, *degree, *compared, Word("than", "than"), *noun_phrase(rng, kind, named=True)]


def _needing(rng: Random, time: str) -> list[Word]:
    """Something needs to be done."""
    if time in ("past", "future", "modal", "perfect"):
        return _transitive(rng, time)
    entry = pick(rng, "verb", *THINGS)
    subject, person = draw_subject(rng, rng.choice([kind for kind in kinds_of(entry) if kind in THINGS]))
    need = Word("needs" if person == "third" else "need", "need", ("needs", "need"), person)
    done = Word(entry.forms[3], "participle", entry.forms)
    return [*subject, need, Word("to", "to"), Word("be", "infinitive be"), done, *_agent(rng, 0.3)]


def _passive(rng: Random, time: str) -> list[Word]:
    if time not in ("past", "present", "habit"):
        return _negated(rng, time)
    entry = pick(rng, "verb", *THINGS)
    subject, person = draw_subject(rng, rng.choice([kind for kind in kinds_of(entry) if kind in THINGS]))
    copula = be(person, time == "past")._replace(role="passive")
    return [*subject, copula, Word(entry.forms[3], "participle", entry.forms), *_agent(rng, 0.8)]


def _agent(rng: Random, share: float) -> list[Word]:
    if rng.random() >= share:
        return []
    return [Word("by"), *([object_pronoun(rng)] if rng.random() < 0.15 else noun_phrase(rng, "person"))]


def _negated(rng: Random, time: str) -> list[Word]:
    """A negative sentence, with a word that only a negative sentence has."""
    subject, person = draw_subject(rng)
    entry = pick(rng, "verb")
    kind = rng.choice(kinds_of(entry))
    choice = rng.random()
    if kind == "person" and choice < 0.5:
        rest = [Word("anybody", "any")]
    elif choice < 0.25 and kind in ("text", "food", "tool", "art"):
        rest = [Word("anything", "any")]
    else:
        rest = noun_phrase(rng, kind, plural=True, bare="any")
    if time in ("future", "modal"):
        verb = [
            *verb_group(rng, entry, person, time)[:1],
            Word("not", "not"),
            Word(entry.forms[0], "base", entry.forms, person),
        ]
    elif time == "perfect":
        never = Word("never", "never") if rng.random() < 0.6 else Word("not", "not")
        verb = [have(person), never, Word(entry.forms[3], "participle", entry.forms, person)]
    elif time in ("present", "habit") and rng.random() < 0.3:
        verb = [Word("never", "never"), finite(entry, person, past=False)]
    else:
        past = time == "past"
        do = Word("did" if past else "does" if person == "third" else "do", "do", () if past else ("does", "do"), person)
        verb = [do, Word("not", "not"), Word(entry.forms[0], "base", entry.forms, person)]
    return [*subject, *verb, *rest, *(draw_place(rng) if rng.random() < 0.25 else [])]


FRAMES = (
    _transitive, _intransitive, _selecting, _infinitive, _gerund, _giving, _copula, _comparing, _needing, _passive, _negated,
)  # fmt: skip
WEIGHTS = (24, 5, 13, 7, 5, 11, 6, 10, 6, 8, 13)
# What is so, and does not happen at a time.
STATES = (_copula, _comparing)
