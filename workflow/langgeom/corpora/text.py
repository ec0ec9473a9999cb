"""Lines of text: reading and cleaning them, and what a report says of them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from langgeom.errors import UserError
from langgeom.languages import INDIVIDUAL, languages
from langgeom.names import TextName

# Marks of writing direction steer a display and cost tokens. Joiners (U+200C, U+200D) stay: they spell.
BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
# Some programs take these for the end of a line; only \n and \r\n end one here.
BREAKS = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
SPACES = re.compile(r"\s+")
# From this share on, sentences that stand in a text before are told.
REPEATED = 0.1
# Scripts that text names tell apart and Unicode does not, and Unicode scripts that are parts of one.
SAME_SCRIPT = {"Hans": "Hani", "Hant": "Hani", "Jpan": "Hani", "Hira": "Hani", "Kana": "Hani", "Kore": "Hang"}


def decode(data: bytes, where: str) -> list[str]:
    """Return the lines of UTF-8 text, without line ends (LF or CRLF) and byte order mark.

    Raises:
        UserError: bytes that are not UTF-8, with line and place; or nothing but white space.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{where}, line {line}: byte {error.start} (0x{data[error.start]:02x}) is not UTF-8. Save the file as UTF-8."
        ) from None
    if not text.strip():
        raise UserError(f"{where} is empty. Give it one sentence a line, or leave the text out of the config.")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def clean_line(line: str, max_characters: int = 5000) -> tuple[str, Counter[str]]:
    """Return a line as models read it, and what was done to it.

    Control characters and direction marks are removed, and breaks within the line become spaces; the rest is normalised to
    NFC and its white space collapsed. A line longer than `max_characters` is cut, at a space if there is one in its last tenth.

    Returns:
        The line, and counts: `control_characters` (breaks too) and `direction_marks`, `normalised` and `cut` (0 or 1).
    """
    done: Counter[str] = Counter()
    line, breaks = BREAKS.subn(" ", line)
    line, done["direction_marks"] = BIDI.subn("", line)
    kept = "".join(char for char in line if char == "\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    kept = kept.replace("\ufeff", "")
    done["control_characters"] = len(line) - len(kept) + breaks
    line = unicodedata.normalize("NFC", kept)
    done["normalised"] = int(line != kept)
    line = SPACES.sub(" ", line).strip()
    if len(line) > max_characters:
        space = line.rfind(" ", max_characters * 9 // 10, max_characters + 1)
        line = line[: space if space > 0 else max_characters].rstrip()
        done["cut"] = 1
    return line, +done


def clean_text(
    lines: Sequence[str], source: str, done: Mapping[str, int], max_characters: int = 5000
) -> tuple[list[str], dict[str, Any]]:
    """Return the lines of a text as models read them, and the report of what was done (docs/design.md).

    Args:
        lines: one sentence each, "" for none.
        source: where they come from, for the report.
        done: counts of what was done before; `unmatched`: rows of the source that stand in no line.
    """
    counts, cleaned = Counter(done), list[str]()
    for line in lines:
        line, what = clean_line(line, max_characters)
        cleaned.append(line)
        counts += what
    keys = dict.fromkeys(("merged", "cut", "control_characters", "direction_marks", "normalised", *done))
    report = {"source": source, "lines": len(cleaned), "empty": cleaned.count(""), **{key: counts[key] for key in keys}}
    return cleaned, report


def dominant_script(lines: Sequence[str]) -> str:
    """Return the ISO 15924 code of the script that most letters are in ("" without letters); Han and kana are Hani."""
    from fontTools.unicodedata import script

    scripts: Counter[str] = Counter()
    for char, count in Counter(char for line in lines for char in line if char.isalpha()).items():
        code = script(char)
        scripts[SAME_SCRIPT.get(code, code)] += count
    del scripts["Zyyy"], scripts["Zinh"]  # shared by several
    return scripts.most_common(1)[0][0] if scripts else ""


def text_warnings(lines: Sequence[str], name: TextName) -> list[str]:
    """Return what a reader should look at in a text: letters of another script, repeated sentences, an unknown language."""
    noticed, found = [], dominant_script(lines)
    if found and found != SAME_SCRIPT.get(name.script, name.script):
        noticed.append(f"most letters are {found}, but the name says {name.script}")
    filled = [line for line in lines if line]
    again = len(filled) - len(set(filled))
    if again > REPEATED * len(filled):
        noticed.append(f"{again} of {len(filled)} sentences stand there before: equal sentences are no more data than one")
    if name.lang not in languages():
        instead = f"; {INDIVIDUAL[name.lang]} is" if name.lang in INDIVIDUAL else ""
        noticed.append(f"{name.lang} is no language whose name and family are known here{instead}: no test by family counts it")
    return noticed
