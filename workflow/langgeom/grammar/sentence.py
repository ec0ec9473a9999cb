"""Correct English sentences of varied length, each word with what an error needs to know of it.

A sentence is drawn top down: tense and time, subject, verb phrase, what may stand around them. Its words carry a `role`;
those without one (fixed phrases, the verb of a subordinate clause) are never touched by an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from langgeom.grammar.lexicon import Entry, indefinite, lexicon

__all__ = ["Sentence", "Word", "draw", "render"]

SHORTEST, LONGEST = 5, 18
PRONOUNS = {"I": "me", "he": "him", "she": "her", "we": "us", "they": "them"}
POSSESSIVES = ("my", "his", "her", "our", "their")
SINGULAR = ("this", "every", "each")
PLURAL = ("these", "many", "several", "two", "three", "four")
MODALS = ("can", "must", "should", "may")
# A finite verb's number: third person singular or not; I and plurals share a form but with `be`.
BE = {"third": ("is", "was"), "first": ("am", "was"), "plural": ("are", "were")}
NAMING = ("noun", "adjective", "predicate", "superlative", "comparative", "compared")
THINGS = ("text", "food", "tool", "vehicle", "building", "garment", "art", "animal")


class Word(NamedTuple):
    """A word: its text, what it does, the forms of its lexeme (or what else may stand there), its person and its class."""

    text: str
    role: str = ""
    forms: tuple[str, ...] = ()
    person: str = ""
    kind: str = ""


class Sentence(NamedTuple):
    """Words, and the time that a phrase among them names: past, future, or none of them ("")."""

    words: tuple[Word, ...]
    time: str = ""


def render(words: Sequence[Word]) -> str:
    """Write words as a sentence: first letter large, commas and full stop close to the word before."""
    text = " ".join(word.text for word in words if word.text).replace(" ,", ",") + "."
    return text[0].upper() + text[1:]


def draw(rng: Random) -> Sentence:
    """Draw a sentence of 5 to 18 words, in which no noun or adjective comes twice."""
    while True:
        sentence = _sentence(rng)
        names = [word.forms[0] for word in sentence.words if word.role in NAMING]
        if SHORTEST <= sum(word.text != "," for word in sentence.words) <= LONGEST and len(set(names)) == len(names):
            return sentence


def _plain(text: str) -> list[Word]:
    return [Word(part) for part in text.split()]


def _pick(rng: Random, kind: str, *classes: str) -> Entry:
    entries = lexicon()[kind]
    return rng.choice([entry for entry in entries if not classes or set(classes) & set(entry.classes)])


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
    if extra < 0.22 and not first:
        words = [*_plain(_pick(rng, "lead").forms[0]), *words]
    elif extra < 0.42 and time in ("past", "present") and frame not in STATES:
        clause = _plain(_pick(rng, "clause", time).forms[0])
        words = [*clause, Word(","), *words] if rng.random() < 0.5 and not first else [*words, *clause]
    named = time in ("past", "future") and bool(phrase) and phrase[0].role == "time"
    return Sentence(tuple(words), time if named else "")


def _time(rng: Random) -> tuple[str, list[Word]]:
    """Draw a time, and a phrase that goes with it (or none)."""
    time = rng.choices(("past", "future", "habit", "now", "present", "perfect", "modal"), (30, 12, 14, 10, 14, 10, 10))[0]
    chance = rng.random()
    if time in ("past", "future", "modal") and chance < 0.25:
        moment = _pick(rng, "moment")
        right, *wrong = moment.prepositions
        return time, [Word(right, "selected", tuple(wrong)), *_plain(moment.forms[0])]
    if time in ("habit", "now") or (time in ("past", "future") and chance < 0.8):
        return time, [Word(part, "time") for part in _pick(rng, "time", time).forms[0].split()]
    return time, []


# Noun phrases


def _adjective(rng: Random, kind: str) -> Word:
    entry = _pick(rng, "adjective", kind)
    return Word(entry.forms[0], "adjective", entry.forms)


def _noun_phrase(
    rng: Random, *kinds: str, subject: bool = False, plural: bool | None = None, bare: str = "", named: bool = False
) -> list[Word]:
    """Draw determiner, perhaps adjective, and noun of one of the classes.

    `bare` stands for the determiner; `named` asks for one that says which is meant.
    """
    kind = rng.choice(kinds)
    entry = _pick(rng, "noun", kind)
    singular, many = entry.forms
    plural = rng.random() < 0.4 if plural is None else plural
    person = "plural" if plural else "third"
    noun = Word(many if plural else singular, "noun", (singular, many), person, kind)
    adjective = [_adjective(rng, kind)] if rng.random() < (0.35 if subject else 0.45) else []
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


def _subject(rng: Random, *kinds: str) -> tuple[list[Word], str]:
    """Draw a subject and its person."""
    choice = rng.random()
    if not kinds and choice < 0.2:
        pronoun = rng.choice(list(PRONOUNS))
        person = {"I": "first", "he": "third", "she": "third"}.get(pronoun, "plural")
        return [Word(pronoun, "subject", (PRONOUNS[pronoun],), person)], person
    if not kinds and choice < 0.32:
        return [Word(_pick(rng, "name").forms[0], "name")], "third"
    phrase = _noun_phrase(rng, *(kinds or ("person",)), subject=True)
    person = phrase[-1].person
    kind = phrase[-1].kind
    if kind == "person" and rng.random() < 0.1:
        live = "live" if person == "plural" else "lives"
        phrase += [Word("who"), Word(live, "relative", ("live", "lives"), person), *_where(rng, "home")]
    elif kind in ("person", "building") and rng.random() < 0.12:
        preposition, places = ("from", "home") if kind == "person" else ("near", "mark")
        phrase += [Word(preposition, "place"), Word("the", "in place"), Word(_pick(rng, "place", places).forms[0])]
    return phrase, person


def _object(rng: Random, *kinds: str) -> list[Word]:
    """Draw an object; a person may be a pronoun."""
    if kinds == ("person",) and rng.random() < 0.45:
        return [_pronoun(rng)]
    return _noun_phrase(rng, *kinds)


def _pronoun(rng: Random) -> Word:
    nominative = rng.choice(list(PRONOUNS))
    return Word(PRONOUNS[nominative], "object", (nominative,))


def _where(rng: Random, kind: str = "place") -> list[Word]:
    place = _pick(rng, "place", kind)
    return [Word(place.prepositions[0], "place"), Word("the", "in place"), Word(place.forms[0])]


# Verbs


def _be(person: str, past: bool) -> Word:
    others = tuple({BE[other][past] for other in BE if other != "first"} - {BE[person][past]})
    return Word(BE[person][past], "be", tuple(sorted(others)), person)


def _finite(entry: Entry, person: str, past: bool) -> Word:
    base, third, before, *_ = entry.forms
    return Word(before if past else third if person == "third" else base, "past" if past else "present", entry.forms, person)


def _have(person: str) -> Word:
    return Word("has" if person == "third" else "have", "have", ("have", "has"), person)


def _verb(rng: Random, entry: Entry, person: str, time: str) -> list[Word]:
    """Return the verb, with its auxiliary, in a tense that suits the time."""
    base, _, _, participle, doing = entry.forms
    if time == "past":
        return [_finite(entry, person, past=True)]
    if time == "future":
        return [Word("will", "will"), Word(base, "base", entry.forms, person)]
    if time == "modal":
        return [Word(rng.choice(MODALS), "modal"), Word(base, "base", entry.forms, person)]
    if time == "perfect":
        return [_have(person), Word(participle, "participle", entry.forms, person)]
    if time == "now" and "still" not in entry.classes:
        return [_be(person, past=False)._replace(role="progressive"), Word(doing, "doing", entry.forms, person)]
    often = [Word(_pick(rng, "often").forms[0])] if time == "present" and rng.random() < 0.5 else []
    return [*often, _finite(entry, person, past=False)]


def _kinds(entry: Entry) -> tuple[str, ...]:
    return tuple(kind for kind in entry.classes if kind != "still")


def _around(rng: Random, share: float = 0.35) -> list[Word]:
    """Draw a place, a manner, or mostly nothing."""
    choice = rng.random()
    if choice < share:
        return _where(rng)
    return [Word(_pick(rng, "manner").forms[0])] if choice < share + 0.08 else []


# Frames: each a clause


def _transitive(rng: Random, time: str) -> list[Word]:
    subject, person = _subject(rng)
    entry = _pick(rng, "verb")
    return [*subject, *_verb(rng, entry, person, time), *_object(rng, rng.choice(_kinds(entry))), *_around(rng, 0.2)]


def _intransitive(rng: Random, time: str) -> list[Word]:
    subject, person = _subject(rng)
    return [*subject, *_verb(rng, _pick(rng, "alone"), person, time), *_around(rng, 0.9)]


def _selecting(rng: Random, time: str) -> list[Word]:
    """A verb or adjective that selects its preposition."""
    subject, person = _subject(rng)
    bound = rng.random() < 0.45 and time in ("past", "present")
    entry = _pick(rng, "bound" if bound else "select")
    right, *wrong = entry.prepositions
    if bound:
        verb = [_be(person, time == "past")._replace(role="copula"), Word(entry.forms[0])]
    else:
        verb = _verb(rng, entry, person, time)
    return [*subject, *verb, Word(right, "selected", tuple(wrong)), *_object(rng, rng.choice(_kinds(entry)))]


def _infinitive(rng: Random, time: str) -> list[Word]:
    subject, person = _subject(rng)
    entry = _pick(rng, "verb")
    head = _verb(rng, _pick(rng, "infinitive"), person, {"now": "habit", "perfect": "past"}.get(time, time))
    return [
        *subject, *head, Word("to", "to"), Word(entry.forms[0], "base", entry.forms),
        *_object(rng, rng.choice(_kinds(entry))),
    ]  # fmt: skip


def _gerund(rng: Random, time: str) -> list[Word]:
    subject, person = _subject(rng)
    entry = _pick(rng, "verb")
    head = _verb(rng, _pick(rng, "gerund"), person, {"now": "habit", "perfect": "past"}.get(time, time))
    kind = rng.choice(_kinds(entry))
    return [*subject, *head, Word(entry.forms[4], "gerund", entry.forms), *_object(rng, kind), *_around(rng, 0.2)]


def _giving(rng: Random, time: str) -> list[Word]:
    subject, person = _subject(rng)
    entry = _pick(rng, "give")
    whom = [_pronoun(rng)] if rng.random() < 0.7 else _noun_phrase(rng, "person")
    return [*subject, *_verb(rng, entry, person, time), *whom, *_noun_phrase(rng, *entry.classes)]


def _copula(rng: Random, time: str) -> list[Word]:
    kind = rng.choice(("person", *THINGS))
    subject, person = _subject(rng, kind)
    degree = [Word(rng.choice(("very", "really", "quite")))] if rng.random() < 0.6 else []
    be = _be(person, time == "past")._replace(role="copula")
    return [*subject, be, *degree, _adjective(rng, kind)._replace(role="predicate")]


def _comparing(rng: Random, time: str) -> list[Word]:
    kind = rng.choice(("person", "tool", "vehicle", "building", "garment", "text", "animal"))
    subject, person = _subject(rng, kind)
    entry = _pick(rng, "adjective", kind)
    be = _be(person, time == "past")._replace(role="copula")
    degree = [Word("much")] if rng.random() < 0.2 else []
    if entry.forms[1] == "more":
        compared = [Word("more", "more"), Word(entry.forms[0], "compared", entry.forms)]
    else:
        compared = [Word(entry.forms[1], "comparative", entry.forms)]
    return [*subject, be, *degree, *compared, Word("than", "than"), *_noun_phrase(rng, kind, named=True)]


def _needing(rng: Random, time: str) -> list[Word]:
    """Something needs to be done."""
    if time in ("past", "future", "modal", "perfect"):
        return _transitive(rng, time)
    entry = _pick(rng, "verb", *THINGS)
    subject, person = _subject(rng, rng.choice([kind for kind in _kinds(entry) if kind in THINGS]))
    need = Word("needs" if person == "third" else "need", "need", ("needs", "need"), person)
    done = Word(entry.forms[3], "participle", entry.forms)
    return [*subject, need, Word("to", "to"), Word("be", "infinitive be"), done, *_agent(rng, 0.3)]


def _passive(rng: Random, time: str) -> list[Word]:
    if time not in ("past", "present", "habit"):
        return _negated(rng, time)
    entry = _pick(rng, "verb", *THINGS)
    subject, person = _subject(rng, rng.choice([kind for kind in _kinds(entry) if kind in THINGS]))
    be = _be(person, time == "past")._replace(role="passive")
    return [*subject, be, Word(entry.forms[3], "participle", entry.forms), *_agent(rng, 0.8)]


def _agent(rng: Random, share: float) -> list[Word]:
    if rng.random() >= share:
        return []
    return [Word("by"), *([_pronoun(rng)] if rng.random() < 0.15 else _noun_phrase(rng, "person"))]


def _negated(rng: Random, time: str) -> list[Word]:
    """A negative sentence, with a word that only a negative sentence has."""
    subject, person = _subject(rng)
    entry = _pick(rng, "verb")
    kind = rng.choice(_kinds(entry))
    choice = rng.random()
    if kind == "person" and choice < 0.5:
        rest = [Word("anybody", "any")]
    elif choice < 0.25 and kind in ("text", "food", "tool", "art"):
        rest = [Word("anything", "any")]
    else:
        rest = _noun_phrase(rng, kind, plural=True, bare="any")
    if time in ("future", "modal"):
        verb = [*_verb(rng, entry, person, time)[:1], Word("not", "not"), Word(entry.forms[0], "base", entry.forms, person)]
    elif time == "perfect":
        never = Word("never", "never") if rng.random() < 0.6 else Word("not", "not")
        verb = [_have(person), never, Word(entry.forms[3], "participle", entry.forms, person)]
    elif time in ("present", "habit") and rng.random() < 0.3:
        verb = [Word("never", "never"), _finite(entry, person, past=False)]
    else:
        past = time == "past"
        do = Word("did" if past else "does" if person == "third" else "do", "do", () if past else ("does", "do"), person)
        verb = [do, Word("not", "not"), Word(entry.forms[0], "base", entry.forms, person)]
    return [*subject, *verb, *rest, *(_where(rng) if rng.random() < 0.25 else [])]


FRAMES = (
    _transitive, _intransitive, _selecting, _infinitive, _gerund, _giving, _copula, _comparing, _needing, _passive, _negated,
)  # fmt: skip
WEIGHTS = (24, 5, 13, 7, 5, 11, 6, 10, 6, 8, 13)
# What is so, and does not happen at a time.
STATES = (_copula, _comparing)
