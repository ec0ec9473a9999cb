"""The JavaScript inside the pages: npm packages, pinned by version and by the sha256 of their tarball."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from langgeom.archives import member, reading
from langgeom.errors import UserError
from langgeom.files import sha256


class Library(NamedTuple):
    """An npm package, and the files in its tarball that a page takes: the script and its licences."""

    package: str
    version: str
    sha256: str
    file: str
    licences: tuple[str, ...]


# The full build: the smaller ones lack custom shapes, brush and maps.
ECHARTS = Library(
    "echarts", "6.1.0", "681aff88cc1038c3fa941a3a53d1b177a52250b05335efc607d6105ae13be481",
    "package/dist/echarts.min.js", ("package/LICENSE", "package/NOTICE"),
)  # fmt: skip
LIBRARIES = (ECHARTS,)


def read_library(tarball: Path, library: Library) -> str:
    """Return a library's script, with its licences in a comment before it.

    Raises:
        UserError: the tarball is not that of the library.
    """
    what = f"the npm package {library.package} {library.version}"
    if sha256(tarball) != library.sha256:
        raise UserError(f"{tarball} is not {what}, whose sha256 is {library.sha256}. Remove it and run again.")
    with reading(tarball, what, "Remove it and run again.") as archive:
        script, *licences = (member(archive, name).decode() for name in (library.file, *library.licences))
    about = "\n\n".join(licence.replace("*/", "* /").strip() for licence in licences)
    return f"/*\n{about}\n*/\n{script}"
