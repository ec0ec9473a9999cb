"""The JavaScript inside the pages: npm packages, pinned by version and by the sha256 of their tarball."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from langgeom.archives import member, reading
from langgeom.errors import UserError
from langgeom.files import sha256


class Library(NamedTuple):
    """An npm package, and the files in its tarball that a page takes: the script and its licence."""

    package: str
    version: str
    sha256: str
    file: str
    licence: str


D3 = Library(
    "d3", "7.9.2", "f0c1d2c2479907a6e3265370d0fd715f7aef0f561cdd2b415df385ba7df9d1aa",
    "package/dist/d3.min.js", "package/LICENSE",
)  # fmt: skip
LIBRARIES = (D3,)


def read_library(tarball: Path, library: Library) -> str:
    """Return a library's script, with its licence in a comment before it.

    Raises:
        UserError: the tarball is not that of the library.
    """
    what = f"the npm package {library.package} {library.version}"
    if sha256(tarball) != library.sha256:
        raise UserError(f"{tarball} is not {what}, whose sha256 is {library.sha256}. Remove it and run again.")
    with reading(tarball, what, "Remove it and run again.") as archive:
        script, licence = (member(archive, name).decode() for name in (library.file, library.licence))
    return f"/*\n{licence.replace('*/', '* /').strip()}\n*/\n{script}"
