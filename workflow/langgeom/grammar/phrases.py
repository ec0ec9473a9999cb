"""Noun phrases and verbs of a sentence to be, their words with the roles that errors look for."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from langgeom.grammar.lexicon import Entry, indefinite, lexicon

__all__ = [
    "BE",
    "Word",
    "be",
    "draw_adjective",
    "draw_around",
    "draw_object",
    "draw_place",
    "draw_subject",
    "finite",
    "have",
    "kinds_of",
    "noun_phrase",
    "object_pronoun",
    "pick",
    "verb_group",
]

PRONOUNS = {"I": "me", "he": "him", "she": "her", "we": "us", "they": "them"}
POSSESSIVES = ("my", "his", "her", "our", "their")
SINGULAR = ("this", "every", "each")
PLURAL = ("these", "many", "several", "two", "three", "four")
MODALS = ("can", "must", "should", "may")
# A finite verb's number: third person singular or not; I and plurals share a form but with `be`.
BE = {"third": ("is", "was"), "first": ("am", "was"), "plural": ("are", "were")}


class Word(NamedTuple):
    """A word: its text, what it does, the forms of its lexeme (or what else may stand there), its person and its class."""

    text: str
    role: str = ""
    forms: tuple[str, ...] = ()
    person: str = ""
    kind: str = ""


def pick(rng: Random, kind: str, *classes: str) -> Entry:
    entries = lexicon()[kind]
    return rng.choice([entry for entry in entries if not classes or set(classes) & set(entry.classes)])


# Noun phrases


def draw_adjective(rng: Random, kind: str) -> Word:
    entry = pick(rng, "adjective", kind)
    return Word(entry.forms[0], "adjective", entry.forms)


def noun_phrase(
    rng: Random, *kinds: str, subject: bool = False, plural: bool | None = None, bare: str = "", named: bool = False
) -> list[Word]:
    """Draw determiner, perhaps adjective, and noun of one of the classes.

    `bare` stands for the determiner; `named` asks for one that says which is meant.
    """
    kind = rng.choice(kinds)
    entry = pick(rng, "noun", kind)
    singular, many = entry.forms
    plural = rng.random() < 0.4 if plural is None else plural
    person = "plural" if plural else "third"
    noun = Word(many if plural else singular, "noun", (singular, many), person, kind)
    adjective = [draw_adjective(rng, kind)] if rng.random() < (0.35 if subject else 0.45) else []
    if adjective and subject and not bare and rng.random() < 0.15:
        return [Word("the", "the"), *_superlative(adjective[0]), noun]
    following = (adjective or [noun])[0].text
    choice = rng.random()
    if bare:
        determiner = Word(bare, "any")
    elif choice < 0.42 or (choice < 0.75 and not plural and subject):
        determiner = Word("the", "the")
    elif (choice < 0.62 or named) and (kind != "person" or "own" in entry.classes):
        determiner = Word(rng.choice(POSSESSIVES), "possessive")
    elif plural:
        determiner = Word("these", "number") if named else Word(rng.choice(PLURAL), "number")
    elif choice < 0.85 or named:
        determiner = Word(indefinite(following), "article")
    else:
        determiner = Word(rng.choice(SINGULAR), "number")
    return [determiner, *adjective, noun]


def _superlative(adjective: Word) -> list[Word]:
    if adjective.forms[1] == "more":
        return [Word("most", "most"), adjective]
    return [Word(adjective.forms[2], "superlative", adjective.forms)]


def draw_subject(rng: Random, *kinds: str) -> tuple[list[Word], str]:
    """Draw a subject and its person."""
    choice = rng.random()
    if not kinds and choice < 0.2:
        pronoun = rng.choice(list(PRONOUNS))
        person = {"I": "first", "he": "third", "she": "third"}.get(pronoun, "plural")
        return [Word(pronoun, "subject", (PRONOUNS[pronoun],), person)], person
    if not kinds and choice < 0.32:
        return [Word(pick(rng, "name").forms[0], "name")], "third"
    phrase = noun_phrase(rng, *(kinds or ("person",)), subject=True)
    person = phrase[-1].person
    kind = phrase[-1].kind
    if kind == "person" and rng.random() < 0.1:
        live = "live" if person == "plural" else "lives"
        phrase += [Word("who"), Word(live, "relative", ("live", "lives"), person), *draw_place(rng, "home")]
    elif kind in ("person", "building") and rng.random() < 0.12:
        preposition, places = ("from", "home") if kind == "person" else ("near", "mark")
        phrase += [Word(preposition, "place"), Word("the", "in place"), Word(pick(rng, "place", places).forms[0])]
    return phrase, person


def draw_object(rng: Random, *kinds: str) -> list[Word]:
    """Draw an object; a person may be a pronoun."""
    if kinds == ("person",) and rng.random() < 0.45:
        return [object_pronoun(rng)]
    return noun_phrase(rng, *kinds)


def object_pronoun(rng: Random) -> Word:
    nominative = rng.choice(list(PRONOUNS))
    return Word(PRONOUNS[nominative], "object", (nominative,))


def draw_place(rng: Random, kind: str = "place") -> list[Word]:
    place = pick(rng, "place", kind)
    return [Word(place.prepositions[0], "place"), Word("the", "in place"), Word(place.forms[0])]


# Verbs


def be(person: str, past: bool) -> Word:
    others = tuple({BE[other][past] for other in BE if other != "first"} - {BE[person][past]})
    return Word(BE[person][past], "be", tuple(sorted(others)), person)


def finite(entry: Entry, person: str, past: bool) -> Word:
    base, third, before, *_ = entry.forms
    return Word(before if past else third if person == "third" else base, "past" if past else "present", entry.forms, person)


def have(person: str) -> Word:
    return Word("has" if person == "third" else "have", "have", ("have", "has"), person)


def verb_group(rng: Random, entry: Entry, person: str, time: str) -> list[Word]:
    """Return the verb, with its auxiliary, in a tense that suits the time."""
    base, _, _, participle, doing = entry.forms
    if time == "past":
        return [finite(entry, person, past=True)]
    if time == "future":
        return [Word("will", "will"), Word(base, "base", entry.forms, person)]
    if time == "modal":
        return [Word(rng.choice(MODALS), "modal"), Word(base, "base", entry.forms, person)]
    if time == "perfect":
        return [have(person), Word(participle, "participle", entry.forms, person)]
    if time == "now" and "still" not in entry.classes:
        return [be(person, past=False)._replace(role="progressive"), Word(doing, "doing", entry.forms, person)]
    often = [Word(pick(rng, "often").forms[0])] if time == "present" and rng.random() < 0.5 else []
    return [*often, finite(entry, person, past=False)]


def kinds_of(entry: Entry) -> tuple[str, ...]:
    return tuple(kind for kind in entry.classes if kind != "still")


def draw_around(rng: Random, share: float = 0.35) -> list[Word]:
    """Draw a place, a manner, or mostly nothing."""
    choice = rng.random()
    if choice < share:
        return draw_place(rng)
    return [Word(pick(rng, "manner").forms[0])] if choice < share + 0.08 else []
