"""Files: written whole or not at all, read, hashed; what a killed process left half written; the room on a disk."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import platform
import re
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langgeom.errors import UserError

DATA = Path(__file__).resolve().parents[1] / "data"
MACHINE = f"{zlib.crc32(platform.node().encode()):08x}"
# A temporary name holds the process and the machine that it belongs to.
MARK = re.compile(r"\.\d+-(?P<machine>[0-9a-f]{8})\.tmp")
DAY = 86400.0
GIB = 1 << 30
UNCHECKED = "LANGGEOM_DISK_UNCHECKED"
PathLike = str | os.PathLike[str]


def _mark() -> str:
    return f".{os.getpid()}-{MACHINE}.tmp"


@contextmanager
def atomic(path: PathLike) -> Iterator[Path]:
    """Yield a temporary name beside `path`, which is renamed to `path` if the block ends well and removed if it does not.

    No reader ever sees half a file, whatever kills the writer. The suffix is kept, since writers choose a format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}{_mark()}{path.suffix}")
    temporary.unlink(missing_ok=True)  # left by a killed process of the same number
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: PathLike) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`, which replaces `path` if the block ends well, else is removed."""
    path = Path(path)
    with scratch(path) as temporary:
        temporary.chmod(0o755)
        yield temporary
        for file in (file for file in temporary.rglob("*") if file.is_file()):
            _flush(file)
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)


@contextmanager
def scratch(path: PathLike) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`, which is removed at the end."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=_mark(), dir=path.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _flush(path: Path) -> None:
    """Write a file to the disk before it gets its name: a power cut could otherwise leave the name of an empty file."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def clear_temporaries(folder: PathLike) -> list[Path]:
    """Remove temporary files of killed processes anywhere below a folder, and return them.

    Call it while no process of this machine works there. Jobs of a cluster may still run on other machines: their files are
    removed once they are a day old.
    """
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path, match = Path(place, name), MARK.search(name)
            if match and (match["machine"] == MACHINE or path.lstat().st_mtime < time.time() - DAY):
                found.append(path)
        folders[:] = [name for name in folders if not MARK.search(name)]
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return found


def write_json(path: PathLike, content: Any, *, indent: int | None = 2, sort_keys: bool = False) -> None:
    """Write a JSON file, whole or not at all."""
    with atomic(path) as temporary:
        text = json.dumps(content, indent=indent, ensure_ascii=False, sort_keys=sort_keys)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path: PathLike, *keys: str) -> dict[str, Any]:
    """Return the mapping in a JSON file that this workflow wrote. UserError: it is damaged or lacks one of `keys`."""
    try:
        content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not set(keys) <= set(content):
            raise ValueError(f"it lacks {' or '.join(keys) or 'a mapping'}")
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged ({error}). Remove it and run again.") from None
    return content


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table of `workflow/data` by column; # begins a comment, quotes are plain."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [{key: value or "" for key, value in row.items()} for row in rows]


def sha256(path: PathLike) -> str:
    """Return the SHA-256 checksum of a file in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_bytes(place: Path) -> int:
    """Return the bytes free on the disk of a file or folder, which need not exist yet."""
    place = place.absolute()
    return shutil.disk_usage(next(path for path in (place, *place.parents) if path.exists())).free


def check_free(needed: int, place: Path) -> None:
    """Refuse, with a UserError, to write more bytes than the disk has free, unless LANGGEOM_DISK_UNCHECKED is set."""
    free = free_bytes(place)
    if needed > free and not os.environ.get(UNCHECKED):
        raise UserError(
            f"The results take about {needed / GIB:.1f} GiB more, and the disk of {place} has {free / GIB:.1f} GiB free. Free "
            "space, set hidden.keep to none, or name fewer models or texts; `make plan` shows the size of each stage. "
            f"{UNCHECKED}=1 starts all the same."
        )
