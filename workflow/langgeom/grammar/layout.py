"""The texts of a corpus of pairs: eng_Latn, its ungrammatical version eng_Latn_wrong, and eng_Latn_wrong{Type} of one error."""

from __future__ import annotations

import re
from collections.abc import Iterable

from langgeom.names import TextName

__all__ = ["CORRECT", "WRONG", "corpora_of_pairs", "type_of", "type_words", "wrong_text"]

CORRECT = "eng_Latn"
WRONG = "eng_Latn_wrong"
VARIANT = "wrong"


def wrong_text(kind: str) -> str:
    """Return the name of the text that holds the lines of one type of error, a name such as `WordOrder`."""
    return WRONG + kind


def type_of(text: str) -> str | None:
    """Return the type of error of an ungrammatical text: "" for all types together, None for any other text."""
    variant = TextName.parse(text).variant
    return variant.removeprefix(VARIANT) if variant.startswith(VARIANT) else None


def type_words(kind: str) -> str:
    """Write the name of a type as words: `WordOrder` as "Word order"."""
    words = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[A-Z]", kind)
    return " ".join(
        [word if index == 0 or (word.isupper() and len(word) > 1) else word.lower() for index, word in enumerate(words)]
    )


def corpora_of_pairs(corpora: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Return the corpora that hold an ungrammatical text, from two columns of a table side by side."""
    return {corpus for corpus, text in set(zip(corpora, texts, strict=True)) if type_of(text) is not None}
