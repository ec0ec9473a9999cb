"""The JavaScript that pages carry within them: npm packages, pinned by version and by the sha256 of their tarball."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import NamedTuple

from langgeom.errors import UserError

__all__ = ["D3", "LIBRARIES", "Library", "read_library"]


class Library(NamedTuple):
    """An npm package, the file in its tarball that a page takes, and its licence's."""

    package: str
    version: str
    sha256: str
    file: str
    licence: str


D3 = Library(
    "d3",
    "7.9.2",
    "f0c1d2c2479907a6e3265370d0fd715f7aef0f561cdd2b415df385ba7df9d1aa",
    "package/dist/d3.min.js",
    "package/LICENSE",
)
LIBRARIES = (D3,)


def read_library(tarball: Path, library: Library) -> str:
    """Return a library's script, its licence before it in a comment.

    Raises:
        UserError: the tarball is missing or is not that of the library.
    """
    try:
        with tarfile.open(tarball) as archive:
            script, licence = (_member(archive, name) for name in (library.file, library.licence))
    except (OSError, KeyError, tarfile.TarError) as error:
        raise UserError(f"{tarball} is not the npm package {library.package} {library.version} ({error}).") from None
    return f"/*\n{licence.replace('*/', '* /').strip()}\n*/\n{script}"


def _member(archive: tarfile.TarFile, name: str) -> str:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(f"{name} is no file")
    with file:
        return file.read().decode()
