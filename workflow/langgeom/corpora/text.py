"""Lines of text: reading them, cleaning them, and writing one text of a corpus with the report of what was done to it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.files import atomic
from langgeom.names import TextName

__all__ = ["clean_line", "decode", "dominant_script", "write_text"]

# Marks of writing direction: they steer a display, and cost tokens. Joiners (U+200C, U+200D) stay: they spell.
BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
# What some programs take for the end of a line; only \n and \r\n end one here.
BREAKS = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
SPACES = re.compile(r"\s+")
# Scripts that the names of texts tell apart and Unicode does not, and Unicode scripts that are parts of one.
SAME_SCRIPT = {"Hans": "Hani", "Hant": "Hani", "Jpan": "Hani", "Hira": "Hani", "Kana": "Hani", "Kore": "Hang"}


def decode(data: bytes, where: str) -> list[str]:
    """Return the lines of UTF-8 text, without their ends (LF or CRLF) and without a byte order mark.

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
    """Return a line as it is run, and what was done to it.

    Breaks within the line become spaces; control characters and direction marks go; the rest is normalised to NFC, with white
    space collapsed; what is longer than `max_characters` is cut, at a space where there is one in its last tenth.

    Returns:
        The line, and counts: `control_characters` and `direction_marks` removed, `normalised` and `cut` (0 or 1).
    """
    done: Counter[str] = Counter()
    line = BREAKS.sub(" ", line)
    line, done["direction_marks"] = BIDI.subn("", line)
    kept = "".join(char for char in line if char in "\t\u200c\u200d" or not _is_control(char))
    done["control_characters"] = len(line) - len(kept)
    line = unicodedata.normalize("NFC", kept)
    done["normalised"] = int(line != kept)
    line = SPACES.sub(" ", line).strip()
    if len(line) > max_characters:
        space = line.rfind(" ", max_characters * 9 // 10, max_characters + 1)
        line = line[: space if space > 0 else max_characters].rstrip()
        done["cut"] = 1
    return line, +done


def _is_control(char: str) -> bool:
    return char == "\ufeff" or unicodedata.category(char) in ("Cc", "Cs")


def dominant_script(lines: Sequence[str]) -> str:
    """Return the ISO 15924 code of the script that most letters are in ("" without letters); Han and kana are Hani."""
    from fontTools.unicodedata import script

    letters = Counter(char for line in lines for char in line if char.isalpha())
    scripts: Counter[str] = Counter()
    for char, count in letters.items():
        code = script(char)
        scripts[SAME_SCRIPT.get(code, code)] += count
    for shared in ("Zyyy", "Zinh"):
        scripts.pop(shared, None)
    return scripts.most_common(1)[0][0] if scripts else ""


def write_text(
    name: str,
    lines: Sequence[str],
    spec: Mapping[str, Any],
    source: str,
    done: Mapping[str, int],
    out_txt: Path,
    out_json: Path,
) -> None:
    """Clean the lines of a text and write them, and the report of what was done.

    Args:
        name: the text's name.
        lines: one sentence each, "" for none.
        spec: the corpus's settings: `min_lines`, `max_characters`.
        source: where the lines come from, for the report.
        done: counts of what was done before; `unmatched`: rows of the source that stand in no line.

    Raises:
        UserError: fewer lines with text than `min_lines`.
    """
    cleaned, counts = [], Counter(done)
    for line in lines:
        line, what = clean_line(line, spec.get("max_characters", 5000))
        cleaned.append(line)
        counts += what
    filled = sum(map(bool, cleaned))
    if filled < spec.get("min_lines", 1):
        raise UserError(
            f"'{name}' has {filled} lines with text in {source}; {spec['min_lines']} are needed. Leave it out, or lower "
            "min_lines of its corpus."
        )
    keys = dict.fromkeys(("merged", "cut", "control_characters", "direction_marks", "normalised", *done))
    report: dict[str, Any] = {
        "source": source,
        "lines": len(cleaned),
        "empty": len(cleaned) - filled,
        **{key: counts[key] for key in keys},
        **({"unmatched": counts["unmatched"]} if counts["unmatched"] else {}),
    }
    found, expected = dominant_script(cleaned), TextName.parse(name).script
    if found and found != SAME_SCRIPT.get(expected, expected):
        report["script_found"] = found
        report["warnings"] = [f"most letters are {found}, but the name says {expected}"]
    with atomic(out_txt) as temporary:
        temporary.write_text("".join(line + "\n" for line in cleaned), encoding="utf-8", newline="\n")
    with atomic(out_json) as temporary:
        temporary.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
