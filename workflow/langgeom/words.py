"""Words: runs of letters, marks and digits with a letter in them, in lower case, in scripts with spaces between words.

The measures of texts and fertility both count these.
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata

from langgeom.names import TextName

# Scripts without spaces between words: line breaking classes ID and SA of Unicode Standard Annex #14 (without Tai Viet, which
# now has spaces), and Tibetan and Javanese. Their texts of the UDHR have 12 to 102 characters between spaces, all others 2-13.
UNSPACED = frozenset(("Hani", "Hans", "Hant", "Java", "Jpan", "Khmr", "Lana", "Laoo", "Mymr", "Thai", "Tibt", "Yiii"))


@functools.cache
def _word() -> re.Pattern[str]:
    r"""Return the pattern of a word.

    `\w` alone breaks words of Indic scripts at each vowel sign, since these are marks, not letters. Apostrophes and joiners
    within a word are part of it, as in Unicode's default word boundaries (UAX #29, rules WB4, WB6 and WB7).
    """
    marks = "".join(char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char)[0] == "M")
    letters = rf"(?:[^\W_]|[{re.escape(marks)}])+"
    return re.compile(rf"{letters}(?:['’\u200c\u200d]+{letters})*")


def words(line: str) -> list[str]:
    """Return the words of a line in lower case; numbers do not count."""
    return [word.lower() for word in _word().findall(line) if any(map(str.isalpha, word))]


def has_words(text: str) -> bool:
    """Return True if spaces separate the words of a text, by its name's script: not in Chinese, Japanese, Thai, Khmer ..."""
    return TextName.parse(text).script not in UNSPACED
