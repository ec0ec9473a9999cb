"""Texts made from another text of the corpus, line by line: twins in another script, and controls (`langgeom.names`).

A twin changes the script and nothing else: letters are replaced by a table that can be undone (workflow/data/letters.tsv). A
control keeps the words or characters of each line and changes their order.
"""

from __future__ import annotations

import functools
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from langgeom.errors import UserError
from langgeom.files import DATA, read_tsv
from langgeom.names import CONTROLS, TextName, made_from
from langgeom.words import has_words

LETTERS = DATA / "letters.tsv"
START = "^"  # before letters that stand at the beginning of a word
JOINERS = "\u200c\u200d"


def check_made(text: str, texts: Sequence[str]) -> None:
    """Refuse, with a UserError, a text whose source is not among the corpus's `texts`, or that has no table or no words."""
    name, source = TextName.parse(text), str(made_from(text))
    if source not in texts:
        raise UserError(f"'{text}' is made from '{source}', which is not among the texts; add it.")
    if name.variant in CONTROLS:
        if name.variant.startswith("words") and not has_words(text):
            raise UserError(f"'{text}': no spaces part the words of {name.script}. Take {source}_charactersShuffled.")
    elif not letters_of(name.lang, script := TextName.parse(source).script, name.script):
        known = {(row["langs"], row["script"]) for row in read_tsv(LETTERS)}
        own = ", ".join(f"{langs} ({of})" for langs, of in sorted(known) if langs)
        raise UserError(
            f"'{text}': workflow/data/letters.tsv has no letters that write '{name.lang}' from {script} in {name.script}. "
            f"There are some between Latn and the script of {own}, and from Cyrl of any language to Latn. Or put a {text}.txt "
            "of your own into a corpus of kind folder."
        )


def make(text: str, lines: Sequence[str], seed: int) -> tuple[list[str], Counter[str]]:
    """Make a text from the clean lines of its source; an empty line stays empty.

    Args:
        seed: of the shuffles; each line has draws of its own.

    Returns:
        The lines; and of a twin, how many `letters_kept` are still in the source's script, since the table lacks them.
    """
    name, source = TextName.parse(text), TextName.parse(str(made_from(text)))
    if name.variant in CONTROLS:
        draws = (random.Random(f"{seed} {text} {number}") for number in range(len(lines)))
        return [_reordered(line, name.variant, draw) for line, draw in zip(lines, draws, strict=True)], Counter()
    from fontTools.unicodedata import script

    written = [transliterate(line, letters_of(name.lang, source.script, name.script)) for line in lines]
    counts = Counter(char for line in written for char in line if char.isalpha())
    return written, Counter(letters_kept=sum(count for char, count in counts.items() if script(char) == source.script))


def _reordered(line: str, control: str, draw: random.Random) -> str:
    """Change the order of a line's words, or of its characters, each with the marks upon it; the spaces stay where they are."""
    words = line.split(" ")
    if control == "wordsReversed":
        return " ".join(reversed(words))
    if control == "wordsShuffled":
        draw.shuffle(words)
        return " ".join(words)
    characters = [_characters(word) for word in words]
    every = [character for word in characters for character in word]
    draw.shuffle(every)
    left = iter(every)
    return " ".join("".join(islice(left, len(word))) for word in characters)


def _characters(word: str) -> list[str]:
    found: list[str] = []
    for char in word:
        if found and (char in JOINERS or unicodedata.category(char)[0] == "M"):
            found[-1] += char
        else:
            found.append(char)
    return found


@functools.cache
def letters_of(lang: str, source: str, target: str) -> Mapping[str, str]:
    """Return what becomes of each letter or group of letters of a language from script to script, capitals too; {} if unknown.

    Tables lead to Latn. A language's own leads back too; the one for any language of a script does not, since Latin alphabets
    have letters that it lacks.
    """
    if "Latn" not in (source, target) or source == target:
        return {}
    rows = [row for row in read_tsv(LETTERS) if row["script"] in (source, target)]
    own = [row for row in rows if lang in row["langs"].split()]
    found: dict[str, str] = {}
    pairs = []
    for row in own or [row for row in rows if not row["langs"] and target == "Latn"]:
        start, letter = START * row["letter"].startswith(START), row["letter"].removeprefix(START)
        one, other = (letter, row["latin"]) if target == "Latn" else (row["latin"], letter)
        pairs.append((start, one, other))
        found[start + one] = other
    for start, one, other in pairs:  # a capital that has a line of its own goes before
        for capital in (_capital(one), one.upper()):
            found.setdefault(start + capital, _capital(other))
    return found


def _capital(letters: str) -> str:
    return letters[:1].upper() + letters[1:]


def transliterate(line: str, letters: Mapping[str, str]) -> str:
    """Replace the letters of a line, longest groups first. Among capitals a group is all capitals (ЊУЈОРК, NJUJORK)."""

    def written(found: re.Match[str]) -> str:
        before, after = line[: found.start()][-1:], line[found.end() :][:1]
        group = found[0]
        to = letters[START + group] if START + group in letters and not before.isalpha() else letters[group]
        capitals = after.isupper() or (before.isupper() and not after.isalpha())
        return to.upper() if capitals and group[0].isupper() else to

    # A joiner only shapes the letters of its script.
    return unicodedata.normalize("NFC", _pattern(tuple(letters)).sub(written, line.replace("\u200d", "")))


@functools.cache
def _pattern(keys: tuple[str, ...]) -> re.Pattern[str]:
    def one(key: str) -> str:
        if key.startswith(START):
            return rf"(?<![^\W\d_]){re.escape(key.removeprefix(START))}"
        return re.escape(key) + (r"(?!(?<=\d.)\d)" if key in ",.،۔" else "")  # in 1,000 and 7.5 they stay

    return re.compile("|".join(map(one, sorted(keys, key=lambda key: -len(key.removeprefix(START))))))
