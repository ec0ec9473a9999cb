"""What each result was when it was written, so that one that has been damaged since is told from one that has not.

A record holds size, time and sha256 of a file, or of a folder's files, and lies in `results/records` under the result's path.
Every job checks the bytes of its inputs against their records before it starts, and records its outputs at its end. `make`
looks at all results before Snakemake does, and at the bytes only of those whose size or time has changed. What differs is
removed, so that it is made anew: results belong to the workflow, and Snakemake overwrites them as well.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from langgeom.errors import UserError
from langgeom.files import atomic, scratch, sha256

__all__ = ["check", "drop_damaged", "forget", "record", "settle"]

RESULTS, RECORDS = "results", "records"


class State(NamedTuple):
    """What changes with a file, as a rule: bytes in all, and the last change in nanoseconds."""

    size: int
    changed: int


def record(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Record results as they are; what lies outside of a results folder is not one."""
    for path in map(Path, paths):
        if (place := _place(path)) is not None:
            _write(place, _digest(path), _state(path))


def settle(results: Path, since: float) -> None:
    """Take the times of results recorded since a moment [s] for theirs: Snakemake sets them once more when a job has ended."""
    for place, path in _records(results):
        if place.stat().st_mtime >= since and (known := _read(place)) is not None and path.exists():
            digest, before = known
            now = _state(path)
            if now.size == before.size and now != before:
                _write(place, digest, now)


def forget(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Drop the records of results that are about to be written."""
    for path in paths:
        if (place := _place(Path(path))) is not None:
            place.unlink(missing_ok=True)


def check(paths: Iterable[str | os.PathLike[str]], threads: int = 1) -> None:
    """Refuse results whose bytes are not those that were recorded; they are removed. What has no record is not checked.

    Args:
        paths: inputs of a job.
        threads: how many are read at once.

    Raises:
        UserError: naming them.
    """
    with ThreadPoolExecutor(threads) as pool:
        listed = list(dict.fromkeys(map(Path, paths)))
        damaged = [path for path, whole in zip(listed, pool.map(_is_whole, listed), strict=True) if not whole]
    for path in damaged:
        _remove(path)
    if damaged:
        raise UserError(
            f"{', '.join(map(str, damaged))}: the bytes are not those that were written, by a fault of the disk or by a change "
            "from outside. They were removed and nothing was made of them: run again, and they are made anew."
        )


def drop_damaged(results: Path) -> list[Path]:
    """Remove what has changed since it was recorded, and return it; for a moment when no job is at work there."""
    damaged = []
    for place, path in _records(results):
        if not path.exists():
            place.unlink()
        elif (known := _read(place)) is None or known[1] != _state(path):
            if known is not None and _digest(path) == known[0]:
                # Touched, or copied here. On a full disk the old record does; the bytes are then looked at again.
                with contextlib.suppress(OSError):
                    _write(place, known[0], _state(path))
            else:
                damaged.append(path)
                _remove(path)
                place.unlink(missing_ok=True)  # where `results` is another folder's, seen from here (`--directory`)
    return damaged


def _place(path: Path) -> Path | None:
    """Return where the record of a result lies, or None where the path is not one below this folder's `results`.

    Another study's results are inputs like a user's own files: it may make them anew, and nothing is removed there.
    """
    if len(path.parts) < 2 or path.parts[0] != RESULTS or ".." in path.parts:
        return None
    return Path(RESULTS, RECORDS, *path.parts[1:-1], path.name + ".txt")


def _is_whole(path: Path) -> bool:
    place = _place(path)
    if place is None:
        return True
    if not path.exists():
        return False  # another job has just found it damaged and removed it
    if not place.exists():
        return True
    known = _read(place)
    return known is not None and _digest(path) == known[0]


def _records(results: Path) -> list[tuple[Path, Path]]:
    """Return each record, and what it is of."""
    places = sorted((results / RECORDS).rglob("*.txt"))
    return [(place, results / place.relative_to(results / RECORDS).with_suffix("")) for place in places]


def _write(place: Path, digest: str, state: State) -> None:
    with atomic(place) as temporary:
        temporary.write_text(f"{digest} {state.size} {state.changed}\n", encoding="ascii")


def _read(place: Path) -> tuple[str, State] | None:
    """Return digest and state of a record, or None where the record itself is damaged."""
    try:
        digest, size, changed = place.read_text(encoding="ascii").split()
        return digest, State(int(size), int(changed))
    except (ValueError, FileNotFoundError):
        return None


def _files(path: Path) -> list[Path]:
    """Return the files of a result; in a folder Snakemake keeps one of its own, whose name begins with a dot."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))


def _state(path: Path) -> State:
    found = [file.stat() for file in _files(path)]
    return State(sum(info.st_size for info in found), max((info.st_mtime_ns for info in found), default=0))


def _digest(path: Path) -> str:
    """Return the sha256 of a file, or of the names and digests of a folder's files; "" where the disk does not give them."""
    try:
        if not path.is_dir():
            return sha256(path)
        listing = "".join(f"{sha256(file)} {file.relative_to(path)}\n" for file in _files(path))
    except OSError:
        return ""
    return hashlib.sha256(listing.encode()).hexdigest()


def _remove(path: Path) -> None:
    """Remove a result, then its record: a kill in between leaves no damaged bytes without one. Two jobs may do it at once."""
    with contextlib.suppress(FileNotFoundError), scratch(path) as aside:
        os.rename(path, aside / path.name)
    if (place := _place(path)) is not None:
        place.unlink(missing_ok=True)
