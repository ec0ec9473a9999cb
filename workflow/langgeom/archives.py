"""Archives, read member by member by exact names: nothing is unpacked, and no link in one is followed."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langgeom.errors import UserError

__all__ = ["member", "members", "reading", "reading_zip"]

# What decompressors and tarfile raise on bytes that are not what they should be.
BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)
# zipfile also finds methods and encryption that it does not know where a bit has changed, and times that are none.
BROKEN_ZIP = (zipfile.BadZipFile, *BROKEN, struct.error, RuntimeError, ValueError, IndexError)


@contextmanager
def reading(path: Path, what: str = "an archive", cure: str = "Fetch it again.") -> Iterator[tarfile.TarFile]:
    """Open an archive for a block that reads it.

    Args:
        what, cure: what the message calls it, and what it says is to be done.

    Raises:
        UserError: it is not there, no archive, or damaged, wherever in the block that shows.
    """
    try:
        with tarfile.open(path) as archive:
            yield archive
    except BROKEN as error:
        raise UserError(f"{path} cannot be read as {what} ({error}). {cure}") from None


@contextmanager
def reading_zip(path: Path, cure: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive, as a wheel is one, for a block that reads it.

    Raises:
        UserError: as `reading`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except BROKEN_ZIP as error:
        raise UserError(f"{path} is damaged inside ({error}). {cure}") from None


def members(archive: tarfile.TarFile) -> list[str]:
    """Return the names of the regular files in an archive.

    All of it is read, behind its last member too, since the checksum of what is compressed stands at the end.
    """
    found = [entry.name for entry in archive if entry.isreg()]
    while archive.fileobj is not None and archive.fileobj.read(1 << 20):
        pass
    return found


def member(archive: tarfile.TarFile, name: str) -> bytes:
    """Return the content of a regular file in an archive.

    Raises:
        KeyError: there is none of that name; a link is none.
    """
    found = archive.getmember(name)
    file = archive.extractfile(found) if found.isreg() else None
    if file is None:
        raise KeyError(f"{name} is no regular file")
    with file:
        return file.read()
