"""Damage to files: what the attacks on them share."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["DAMAGES", "cut", "damage", "flip"]


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


def flip(content: bytes, chance: random.Random) -> bytes:
    """Change one bit."""
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


DAMAGES: Mapping[str, Callable[[bytes, random.Random], bytes | None]] = {
    "deleted": lambda content, chance: None,
    "emptied": lambda content, chance: b"",
    "cut off": cut,
    "a bit flipped": flip,
}


def damage(path: Path, how: str, chance: random.Random, *, silently: bool = False) -> None:
    """Damage a file in place, and so whatever is linked to it; silently: its time stays, as after a fault of a disk."""
    times = path.stat()
    content = DAMAGES[how](path.read_bytes(), chance)
    if content is None:
        path.unlink()
        return
    path.write_bytes(content)
    if silently:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
