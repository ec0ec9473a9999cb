"""A folder of {lang}_{script}.txt files, one sentence a line, line i parallel across files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langgeom.corpora.text import decode
from langgeom.errors import UserError, nearest
from langgeom.names import TEXT_PATTERN

__all__ = ["lines", "sources", "texts"]


def texts(spec: Mapping[str, Any], base: Path) -> list[str]:
    """Return the texts that the folder has.

    Raises:
        UserError: no such folder, or none of its files is named as a text.
    """
    folder = base / spec["folder"]
    if not folder.is_dir():
        raise UserError(f"there is no folder '{spec['folder']}' (looked in {base.resolve()}).")
    found = sorted(path.stem for path in folder.glob("*.txt") if re.fullmatch(TEXT_PATTERN, path.stem))
    if not found:
        raise UserError(f"the folder '{spec['folder']}' has no file named as a text, such as eng_Latn.txt.")
    return found


def sources(spec: Mapping[str, Any], text: str, base: Path) -> Path:
    """Return the file that a text is read from."""
    return base / spec["folder"] / f"{text}.txt"


def lines(spec: Mapping[str, Any], text: str, reference: str, source: Path) -> tuple[list[str], Counter[str]]:
    """Return the lines of a text, and counts of what was done (nothing).

    Raises:
        UserError: not there, not UTF-8, empty, or not as many lines as the reference text beside it.
    """
    beside = source.with_name(f"{reference}.txt")
    for path in (source, beside):
        if not path.is_file():
            near = nearest(path.stem, (file.stem for file in path.parent.glob("*.txt")))
            raise UserError(f"there is no text '{path.stem}' ({path}).{near}")
    found = decode(source.read_bytes(), str(source))
    expected = len(decode(beside.read_bytes(), str(beside)))
    if len(found) != expected:
        raise UserError(
            f"{source} has {len(found)} lines and {beside.name} has {expected}: they cannot be parallel. Give each sentence "
            "its line in both; an empty line stands for no translation."
        )
    return found, Counter()
