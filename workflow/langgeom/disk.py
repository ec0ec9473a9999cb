"""Whether a disk can hold what is to be written: asked before a run, and again by jobs that write much."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from langgeom.errors import UserError

GIB = 1 << 30
BYTES = 4.0  # UTF-8 bytes of a token, if no tokenizer is at hand
UNCHECKED = "LANGGEOM_DISK_UNCHECKED"


def hidden_bytes(layers: int, dim: int, sentences: int, kept: int, itemsize: int, scores: bool) -> int:
    """Return the size in bytes of a file of hidden states (docs/design.md).

    Args:
        kept: token vectors, of `itemsize` bytes a number.
        scores: whether the text was scored.
    """
    columns = (7 * 4 + 1 + (8 + 2 * 4 if scores else 0)) * sentences + (4 + 8 + 1) * kept
    return 1600 + (layers + 1) * dim * (4 * sentences + itemsize * kept) + columns


def free_bytes(place: Path) -> int:
    """Return the bytes free on the disk of a file or folder, which need not exist yet."""
    place = place.absolute()
    return shutil.disk_usage(next(path for path in (place, *place.parents) if path.exists())).free


def check_free(needed: int, place: Path) -> None:
    """Refuse to write more bytes than the disk has free, unless LANGGEOM_DISK_UNCHECKED is set.

    Raises:
        UserError: the disk is too small.
    """
    free = free_bytes(place)
    if needed > free and not os.environ.get(UNCHECKED):
        raise UserError(
            f"The results take about {needed / GIB:.1f} GiB more, and the disk of {place} has {free / GIB:.1f} GiB free. Free "
            "space, set hidden.keep to none, or name fewer models or texts; `make plan` shows the size of each stage. "
            f"{UNCHECKED}=1 starts all the same."
        )
