"""Reading archives member by member, by exact names: nothing is unpacked, and links are not followed."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langgeom.errors import UserError, is_disk_full

# What readers raise on damaged bytes; zipfile raises more, for example on a changed method or time.
BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)
BROKEN_ZIP = (zipfile.BadZipFile, *BROKEN, struct.error, RuntimeError, ValueError, IndexError)


@contextmanager
def reading(path: Path, what: str = "an archive", cure: str = "Fetch it again.") -> Iterator[tarfile.TarFile]:
    """Open a tar archive for a block that reads it. UserError: it is missing or damaged, wherever in the block that shows."""
    try:
        with tarfile.open(path) as archive:
            yield archive
    except BROKEN as error:
        raise UserError(f"{path} cannot be read as {what} ({error}). {cure}") from None


@contextmanager
def reading_zip(path: Path, cure: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive, such as a wheel, as `reading` opens a tar archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except BROKEN_ZIP as error:
        if is_disk_full(error):  # of what the block writes
            raise
        raise UserError(f"{path} is damaged inside ({error}). {cure}") from None


def members(archive: tarfile.TarFile) -> list[str]:
    """Return the names of the regular files, after reading all of the archive: a compressed one ends with its checksum."""
    found = [entry.name for entry in archive if entry.isreg()]
    while archive.fileobj is not None and archive.fileobj.read(1 << 20):
        pass
    return found


def member(archive: tarfile.TarFile, name: str) -> bytes:
    """Return the content of a regular file in an archive; KeyError if there is none of that name."""
    found = archive.getmember(name)
    file = archive.extractfile(found) if found.isreg() else None
    if file is None:
        raise KeyError(f"{name} is not a regular file")
    with file:
        return file.read()
