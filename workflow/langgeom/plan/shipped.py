"""The reader of workflow/data/shapes.tsv: what is known of a few models before anything of them is fetched."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from langgeom.data import DATA, read_tsv
from langgeom.models import Model

SHAPES = DATA / "shapes.tsv"


@functools.cache
def read_shapes(path: Path = SHAPES) -> dict[tuple[str, str], dict[str, Any]]:
    """Return, by source and revision, what `Shape` takes of a model."""
    return {(row.pop("source"), row.pop("revision")): _numbers(row) for row in read_tsv(path)}


def _numbers(row: dict[str, str]) -> dict[str, Any]:
    kind = row.pop("kind")
    return {**{name: int(value) for name, value in row.items()}, "decoder": kind == "decoder"}


def shipped(source: Model) -> dict[str, Any] | None:
    """Return what is known of a model, pinned as its config says, or None."""
    pins = source.pins()
    return read_shapes().get((pins[0].package, pins[0].version) if pins else source.repository() or ("", ""))
