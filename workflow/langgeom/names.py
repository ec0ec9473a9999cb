"""Names of texts: `{lang}_{script}`, with FLORES+'s variant suffix if there is one.

In a corpus of pairs eng_Latn holds the correct sentences, eng_Latn_wrong their ungrammatical versions, and
eng_Latn_wrong{Type} those with one type of error. In any other corpus a text may be made from another: srp_Latn_fromCyrl is
srp_Cyrl letter by letter in Latin script (its twin), eng_Latn_wordsShuffled is eng_Latn with the words of each line shuffled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from langgeom.errors import UserError

# The one definition of a text's name; rules constrain their wildcard {text} with it.
TEXT_PATTERN = r"[a-z]{3}_[A-Z][a-z]{3}(?:_[A-Za-z0-9]+)?"
# A corpus of pairs is English: its correct sentences are the reference, whatever the config's is.
CORRECT = "eng_Latn"
WRONG = "eng_Latn_wrong"
VARIANT = "wrong"
# Controls: what is done to each line of a text.
CONTROLS = ("wordsShuffled", "wordsReversed", "charactersShuffled")
# The name of a checkpoint: a model's, and a step of its training.
STEP = r"^(?P<name>.+)-step(?P<step>[0-9]+)$"


class TextName(NamedTuple):
    """A text's language (ISO 639-3), script (ISO 15924) and variant (empty for most)."""

    lang: str
    script: str
    variant: str = ""

    @classmethod
    def parse(cls, name: str) -> TextName:
        """Split `eng_Latn` or `cat_Latn_vale1252`. UserError: the name does not have that shape."""
        if not re.fullmatch(TEXT_PATTERN, name):
            shown = name if len(name) <= 40 else f"{name[:37]}..."
            raise UserError(
                f"'{shown}' is not a text's name: expected ISO 639-3 language, underscore, ISO 15924 script, as in eng_Latn, "
                "uig_Arab or cat_Latn_vale1252."
            )
        return cls(*name.split("_", 2))

    def __str__(self) -> str:
        return "_".join(part for part in self if part)


def type_of(text: str) -> str | None:
    """Return the type of error of an ungrammatical text, as `WordOrder`; "" for all types together, None for other texts."""
    variant = TextName.parse(text).variant
    return variant.removeprefix(VARIANT) if variant.startswith(VARIANT) else None


def made_from(text: str) -> str | None:
    """Return the text that a text is made from: srp_Cyrl of srp_Latn_fromCyrl; None for texts that are no twin or control."""
    name = TextName.parse(text)
    if name.variant in CONTROLS:
        return str(name._replace(variant=""))
    twin = re.fullmatch("from([A-Z][a-z]{3})", name.variant)
    return str(TextName(name.lang, twin[1])) if twin and twin[1] != name.script else None


def is_shuffled(text: str) -> bool:
    """Return whether a text is a control whose order is drawn, so that it depends on the seed."""
    return TextName.parse(text).variant in CONTROLS and text.endswith("Shuffled")


def type_words(kind: str) -> str:
    """Write the name of a type as words: `WordOrder` as "Word order"."""
    words = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[A-Z]", kind)
    return " ".join(words[:1] + [word if word.isupper() and len(word) > 1 else word.lower() for word in words[1:]])


def corpora_of_pairs(corpora: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Return the corpora that hold an ungrammatical text, from two columns of a table."""
    return {corpus for corpus, text in set(zip(corpora, texts, strict=True)) if type_of(text) is not None}
