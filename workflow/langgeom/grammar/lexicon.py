"""The words that sentences are made of, from workflow/data/lexicon.tsv."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["TABLE", "Entry", "indefinite", "lexicon"]

TABLE = Path(__file__).resolve().parents[2] / "data" / "lexicon.tsv"
VOWELS = "aeio"
# Their first letter says otherwise.
WITH_AN = ("umbrella", "honest")


class Entry(NamedTuple):
    """A word or phrase: its forms (see the table), its classes, and the prepositions it selects and cannot take."""

    forms: tuple[str, ...]
    classes: tuple[str, ...]
    prepositions: tuple[str, ...]


@cache
def lexicon() -> dict[str, tuple[Entry, ...]]:
    """Return all words by their kind, in the table's order; phrases have one form with spaces."""
    phrases = ("time", "moment", "clause", "lead")
    found: dict[str, list[Entry]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"):
            forms = (row["forms"],) if row["kind"] in phrases else tuple(row["forms"].split())
            classes = tuple(row["class"].split(",")) if row["class"] else ()
            found.setdefault(row["kind"], []).append(Entry(forms, classes, tuple((row["with"] or "").split())))
    return {kind: tuple(entries) for kind, entries in found.items()}


def indefinite(word: str) -> str:
    """Return the indefinite article that a word takes."""
    return "an" if word[0] in VOWELS or word in WITH_AN else "a"
