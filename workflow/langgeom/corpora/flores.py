"""A folder or archive in FLORES-200's own layout: flores200_dataset/{dev,devtest}/{text}.{dev,devtest}.

An archive is never unpacked: its members are read by their exact names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from langgeom.archives import member, members, reading
from langgeom.corpora.text import decode
from langgeom.errors import UserError, nearest
from langgeom.names import TEXT_PATTERN

__all__ = ["lines", "sources", "texts"]

DATASET = "flores200_dataset"


def texts(spec: Mapping[str, Any], base: Path) -> list[str]:
    """Return the texts of a split.

    Raises:
        UserError: no such folder or archive, or nothing of that split in it.
    """
    path, split = base / spec["flores"], spec["split"]
    if not path.exists():
        raise UserError(f"there is no '{spec['flores']}' (looked in {base.resolve()}).")
    found = sorted(_files(path, split))
    if not found:
        raise UserError(
            f"'{spec['flores']}' has no texts of split '{split}': expected {DATASET}/{split}/eng_Latn.{split} and the like."
        )
    return found


def sources(spec: Mapping[str, Any], text: str, base: Path) -> Path:
    """Return the file that a text is read from: its own, or the archive.

    Raises:
        UserError: the text is not there.
    """
    path = base / spec["flores"]
    place = _place(path, spec["split"], text)
    return path if path.is_file() else Path(place)


def lines(spec: Mapping[str, Any], text: str, reference: str, source: Path) -> tuple[list[str], Counter[str]]:
    """Return the lines of a text, and counts of what was done (nothing).

    Args:
        source: what `sources` gave: the text's file, or the archive.

    Raises:
        UserError: not UTF-8, empty, not there, or not as many lines as the reference text.
    """
    split = spec["split"]
    found, expected = (decode(_read(source, split, name), f"{name}.{split}") for name in (text, reference))
    if len(found) != len(expected):
        raise UserError(
            f"{text}.{split} has {len(found)} lines and {reference}.{split} has {len(expected)}: they cannot be parallel. "
            "Fetch the data set again."
        )
    return found, Counter()


def _read(source: Path, split: str, text: str) -> bytes:
    if not source.name.endswith(f".{split}"):  # an archive
        place = _place(source, split, text)
        with reading(source) as archive:
            return member(archive, place)  # only regular files are listed
    return Path(_place(source.parent.parent, split, text)).read_bytes()


def _place(path: Path, split: str, text: str) -> str:
    files = _files(path, split)
    if text not in files:
        raise UserError(f"{path} has no {text}.{split}.{nearest(text, files)}")
    return files[text]


@lru_cache(maxsize=8)
def _files(path: Path, split: str) -> dict[str, str]:
    """Return where each text of a split lies: paths in a folder, members of an archive."""
    wanted = re.compile(rf"(?P<text>{TEXT_PATTERN})\.{split}")
    if path.is_dir():
        folder = next((place for place in (path / split, path / DATASET / split) if place.is_dir()), path / split)
        named = [(wanted.fullmatch(file.name), str(file)) for file in folder.glob(f"*.{split}")]
        return {match["text"]: file for match, file in named if match}
    with reading(path) as archive:
        inside = [name for name in members(archive) if _safe(name)]
    places = [(wanted.fullmatch(PurePosixPath(name).name), PurePosixPath(name)) for name in inside]
    return {match["text"]: str(place) for match, place in places if match and place.parent.name == split}


def _safe(name: str) -> bool:
    """Whether a member's name stays inside the archive's own folder."""
    return not name.startswith("/") and ".." not in PurePosixPath(name).parts
