"""Pairs as such: cleaning and checking what a file holds, and the order that keeps any beginning of them balanced."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice, zip_longest
from typing import NamedTuple, TypeVar

from langgeom.corpora.text import clean_line
from langgeom.errors import UserError

__all__ = ["OTHER", "Pair", "accept", "in_turn", "type_name", "types_of"]

OTHER = "Other"
T = TypeVar("T")


class Pair(NamedTuple):
    """A correct sentence, its ungrammatical version, and the type of error, a name such as `WordOrder`."""

    correct: str
    wrong: str
    kind: str


def type_name(words: str) -> str:
    """Write a type of error as a name of letters and digits: "Subject-Verb Agreement" as SubjectVerbAgreement."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", plain.replace("'", ""))) or OTHER


def accept(found: Iterable[tuple[str, str, str, str]], where: str) -> tuple[list[Pair], Counter[str]]:
    """Clean pairs, drop those that come again, and refuse what is no pair.

    Args:
        found: place (for messages), correct sentence, ungrammatical sentence and type of each.
        where: what they were read from.

    Returns:
        The pairs in their order, and how many `duplicates` were dropped.

    Raises:
        UserError: no pairs, a sentence that is empty, or two sentences that are the same.
    """
    pairs: dict[Pair, None] = {}
    done: Counter[str] = Counter()
    for place, correct, wrong, kind in found:
        pair = Pair(clean_line(correct)[0], clean_line(wrong)[0], type_name(kind))
        if not pair.correct or not pair.wrong:
            which = "correct" if not pair.correct else "ungrammatical"
            raise UserError(f"{where}, {place}: the {which} sentence is empty. Fill it in, or remove the pair.")
        if pair.correct == pair.wrong:
            raise UserError(f"{where}, {place}: both sentences are '{_short(pair.correct)}'. Mend the pair, or remove it.")
        done["duplicates"] += pair in pairs
        pairs[pair] = None
    if not pairs:
        raise UserError(f"{where} has no pairs. Give it a correct and an ungrammatical sentence a line.")
    return list(pairs), +done


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def types_of(pairs: Iterable[Pair]) -> Counter[str]:
    """Return how many pairs of each type there are, types in the order of their names."""
    counts = Counter(pair.kind for pair in pairs)
    return Counter({kind: counts[kind] for kind in sorted(counts)})


def in_turn(groups: Iterable[Sequence[T]], most: int | None = None) -> list[T]:
    """Return one of each group, then a second of each, and so on, until all are there or `most`.

    So the first sentences, whose token vectors are kept, are of all types.
    """
    rounds = zip_longest(*groups, fillvalue=None)
    return list(islice((item for items in rounds for item in items if item is not None), most))
