"""The figures there are, found without importing them: planning a workflow needs names, not matplotlib."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["FIGURES", "Figure"]


class Figure(NamedTuple):
    """One figure: its file's name, its number in the study ("fig01") or "", and what it says and needs.

    `metrics` names metrics of the table; "id" and "anisotropy" stand for the ones that the settings choose. `tables` are
    the tables it is drawn from (names in `langgeom.table.TABLES`), in the order of `draw`'s arguments; `pairs` says that it
    is drawn from the corpora of grammatical and ungrammatical text too.
    """

    name: str
    alias: str
    title: str
    caption: str
    metrics: tuple[str, ...]
    tables: tuple[str, ...] = ("metrics",)
    pairs: bool = False


def _constants(path: Path) -> dict[str, object]:
    """Return the literal constants at the top level of a module."""
    found: dict[str, object] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def _words(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _find() -> Mapping[str, Figure]:
    figures = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        constants = _constants(path)
        if "ALIAS" in constants:
            alias, title, caption = (str(constants[key]) for key in ("ALIAS", "TITLE", "CAPTION"))
            metrics, tables = (
                _words(constants.get(key, default)) for key, default in (("METRICS", ()), ("TABLES", ("metrics",)))
            )
            figures.append(Figure(path.stem, alias, title, caption, metrics, tables, bool(constants.get("PAIRS", False))))
    # By number in the study; those without one come last.
    figures.sort(key=lambda figure: (figure.alias or "z", figure.name))
    return MappingProxyType({figure.name: figure for figure in figures})


FIGURES: Mapping[str, Figure] = _find()
