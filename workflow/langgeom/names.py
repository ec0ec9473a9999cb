"""Names of texts: `{lang}_{script}` with FLORES+'s variant suffix where there is one, and how to read them."""

from __future__ import annotations

import re
from typing import NamedTuple

from langgeom.errors import UserError

__all__ = ["TEXT_PATTERN", "TextName"]

# The one definition of a text's name; the Snakefile constrains its {text} wildcard with it.
TEXT_PATTERN = r"[a-z]{3}_[A-Z][a-z]{3}(?:_[A-Za-z0-9]+)?"


class TextName(NamedTuple):
    """A text's language (ISO 639-3), script (ISO 15924) and variant (empty for most)."""

    lang: str
    script: str
    variant: str = ""

    @classmethod
    def parse(cls, name: str) -> TextName:
        """Split `eng_Latn` or `cat_Latn_vale1252`.

        Raises:
            UserError: the name does not have that shape.
        """
        if not re.fullmatch(TEXT_PATTERN, name):
            shown = name if len(name) <= 40 else f"{name[:37]}..."
            raise UserError(
                f"'{shown}' is not a text's name: expected ISO 639-3 language, underscore, ISO 15924 script, "
                "as in eng_Latn, uig_Arab or cat_Latn_vale1252."
            )
        return cls(*name.split("_", 2))

    def __str__(self) -> str:
        return "_".join(part for part in self if part)

    def same_language(self, other: TextName) -> bool:
        """Whether both are one language and variant (and so a two-script pair when their scripts differ)."""
        return (self.lang, self.variant) == (other.lang, other.variant)
