"""Whether a disk holds what is to be written: asked before a run, and again before a model is loaded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from langgeom.errors import UserError

__all__ = ["BYTES", "GIB", "UNCHECKED", "check_free", "free_bytes", "hidden_bytes", "too_small"]

GIB = 1 << 30
BYTES = 4.0  # of UTF-8 in a token, where no tokenizer tells
UNCHECKED = "LANGGEOM_DISK_UNCHECKED"


def hidden_bytes(layers: int, dim: int, sentences: int, kept: int, itemsize: int, scores: bool) -> int:
    """Return the size of a file of hidden states (docs/design.md).

    Args:
        kept: tokens kept, `itemsize` the bytes of each of their numbers.
        scores: whether the text was scored.
    """
    columns = (5 * 4 + (8 + 2 * 4 if scores else 0)) * sentences + 4 * kept
    return 1600 + (layers + 1) * dim * (4 * sentences + itemsize * kept) + columns


def free_bytes(place: Path) -> int:
    """Return the bytes free on the disk of a file or folder, which may not be there yet."""
    place = place.absolute()
    return shutil.disk_usage(next(path for path in (place, *place.parents) if path.exists())).free


def check_free(needed: int, place: Path) -> None:
    """Refuse what the disk cannot hold, unless `UNCHECKED` is set.

    Raises:
        UserError: saying how much is needed, how much there is, and what would make it less.
    """
    free = free_bytes(place)
    if needed > free and not os.environ.get(UNCHECKED):
        raise UserError(too_small(needed, free))


def too_small(needed: int, free: int) -> str:
    """Return what to say when the disk does not do."""
    return (
        f"The results take about {needed / GIB:.1f} GiB more, and the disk of results/ has {free / GIB:.1f} GiB free."
        " Free space, lower hidden.token_cap, or name fewer models or texts; `make plan` shows what takes how much. "
        f"{UNCHECKED}=1 starts it all the same."
    )
