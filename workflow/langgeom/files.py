"""Writing files whole or not at all, hashing them, and clearing away what a killed process left half written."""

from __future__ import annotations

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

__all__ = ["atomic", "atomic_folder", "clear_temporaries", "read_json", "scratch", "sha256"]

MACHINE = f"{zlib.crc32(platform.node().encode()):08x}"
# Every temporary name has it: whose it is, so that one of a killed process can be told from one in use.
MARK = re.compile(r"\.\d+-(?P<machine>[0-9a-f]{8})\.tmp")
DAY = 86400.0


def _mark() -> str:
    return f".{os.getpid()}-{MACHINE}.tmp"


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it to `path` when the block ends well, remove it when it does not.

    The suffix is kept, since writers choose a format by it. A reader therefore never sees half a file, whatever
    kills the writer.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}{_mark()}{path.suffix}")
    temporary.unlink(missing_ok=True)  # of a killed process with this number; it may be a link to a result in the store
    try:
        yield temporary
        # On disk before it has its name: else a power cut could leave the name of an empty file.
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`; it replaces `path` when the block ends well, else it is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch(path) as temporary:
        temporary.chmod(0o755)
        yield temporary
        for file in (file for file in temporary.rglob("*") if file.is_file()):
            with open(file, "rb") as written:
                os.fsync(written.fileno())
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)


@contextmanager
def scratch(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty temporary folder beside `path`, for what is needed on the way to it; it is removed at the end."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=_mark(), dir=path.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def clear_temporaries(folder: str | os.PathLike[str], grace: float = DAY) -> list[Path]:
    """Remove what killed processes left under temporary names anywhere below a folder, and return what that was.

    To be called while no process of this machine is at work there. Those of others, jobs of a cluster, may be: what is theirs
    goes once it is `grace` seconds old.
    """
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path, match = Path(place, name), MARK.search(name)
            if match and (match["machine"] == MACHINE or path.lstat().st_mtime < time.time() - grace):
                found.append(path)
        folders[:] = [name for name in folders if not MARK.search(name)]
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return found


def read_json(path: str | os.PathLike[str], *keys: str) -> dict[str, Any]:
    """Return the mapping with these keys that a JSON file of this workflow's own holds.

    Raises:
        UserError: damaged.
    """
    try:
        content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not set(keys) <= set(content):
            raise ValueError(f"it lacks {' or '.join(keys) or 'a mapping'}")
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged ({error}). Remove it and run again.") from None
    return content


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the hex sha256 of a file's bytes, reading it in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
