"""Files that the hub's clients keep, checked by the hashes that the hub names them by: the clients check sizes only."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from langgeom.files import sha256

__all__ = ["File", "drop_damaged", "fault_of", "named"]


class File(NamedTuple):
    """What the hub says of a file: its bytes, and their sha256, or git's own hash where it keeps no other."""

    size: int | None
    sha256: str | None
    git: str | None


def named(path: Path) -> File:
    """Return what the cache says of a file: it names its blobs by their hashes."""
    blob = path.resolve().name
    is_sha256, is_git = (re.fullmatch(rf"[0-9a-f]{{{digits}}}", blob) for digits in (64, 40))
    return File(path.stat().st_size, blob if is_sha256 else None, blob if is_git else None)


def fault_of(path: Path, expected: File) -> str:
    """Return what is wrong with a file, or ""."""
    size = path.stat().st_size
    if expected.size is not None and size != expected.size:
        return f"{size} bytes instead of {expected.size}"
    if expected.sha256:
        found = sha256(path)
        return f"sha256 {found} instead of {expected.sha256}" if found != expected.sha256 else ""
    if expected.git:
        found = hashlib.sha1(b"blob %d\0" % size + path.read_bytes()).hexdigest()
        return f"git hash {found} instead of {expected.git}" if found != expected.git else ""
    return ""


def drop_damaged(repo: str, kind: str) -> list[str]:
    """Remove a repository's files from the cache whose bytes are not those of their names; return what was wrong with them.

    Args:
        kind: "model" or "dataset".
    """
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    found = []
    for path in (Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type=kind) / "snapshots").rglob("*"):
        if path.is_file() and (fault := fault_of(path, named(path))):
            found.append(f"{path.name}: {fault}")
            path.resolve().unlink()
            path.unlink(missing_ok=True)
    return found
