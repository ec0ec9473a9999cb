"""The reader of workflow/data/shapes.tsv: what is known of a few models before anything of them is fetched."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["SHAPES", "read_shapes", "shipped"]

SHAPES = Path(__file__).resolve().parents[2] / "data" / "shapes.tsv"


@functools.cache
def read_shapes(path: Path = SHAPES) -> dict[tuple[str, str], dict[str, Any]]:
    """Return, by source and revision, what `Shape` takes of a model."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    return {(row.pop("source"), row.pop("revision")): _numbers(row) for row in rows}


def _numbers(row: dict[str, str]) -> dict[str, Any]:
    kind = row.pop("kind")
    return {**{name: int(value) for name, value in row.items()}, "decoder": kind == "decoder"}


def shipped(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is known of the model that a config asks for, pinned as it is there, or None."""
    if "pypi" in spec:
        key = (spec["pypi"][0]["package"], spec["pypi"][0]["version"])
    else:
        key = (spec.get("hub") or spec.get("untrained", ""), spec.get("revision", ""))
    return read_shapes().get(key)
