"""Parallel corpora: each kind is one module with `texts`, `sources` and `lines`, named by its key in the config.

`texts(spec, base)` lists what the corpus has (None where only the hub knows), `sources(spec, text, base)` names the file a text
is read from, or a list of them (none where it is downloaded), `lines(spec, text, reference, source)` reads a text aligned to
the reference text. Where a kind needs them: `check(spec)`, `line_counts()`, `hub_spec(spec)` (what the hub is asked for),
`label(spec, source)` (what a report calls the source).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["KINDS", "available", "build", "check", "hub_spec", "line_counts", "lines", "sources"]

KINDS = ("udhr", "flores", "folder", "grammar", "hub", "flores_plus")


def _module(spec: Mapping[str, Any]) -> ModuleType:
    return import_module(f"langgeom.corpora.{next(kind for kind in KINDS if kind in spec)}")


def available(spec: Mapping[str, Any], base: Path) -> list[str] | None:
    """Return the names of the texts that a corpus has; None where only the hub knows.

    Args:
        spec: the corpus's settings.
        base: the folder that relative paths in them start from.

    Raises:
        UserError: there is no such corpus.
    """
    found: list[str] | None = _module(spec).texts(spec, base)
    return found


def hub_spec(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the hub is asked for (langgeom.hub.fetch) where a corpus comes from there."""
    module = _module(spec)
    return module.hub_spec(spec) if hasattr(module, "hub_spec") else None


def check(spec: Mapping[str, Any]) -> None:
    """Refuse settings of a corpus that its schema cannot refuse.

    Raises:
        UserError: the key, what was found, what is allowed.
    """
    module = _module(spec)
    if hasattr(module, "check"):
        module.check(spec)


def line_counts(spec: Mapping[str, Any]) -> dict[str, int]:
    """Return the lines of each text where they are known before anything is fetched or read, else nothing."""
    module = _module(spec)
    return module.line_counts() if hasattr(module, "line_counts") else {}


def sources(spec: Mapping[str, Any], text: str, reference: str, base: Path) -> list[Path]:
    """Return the files of the user that a text is made from, the reference text's among them: it is aligned to that."""
    module = _module(spec)
    found = [module.sources(spec, name, base) for name in (text, reference)]
    return list(dict.fromkeys(path for one in found for path in ([one] if isinstance(one, Path) else one or [])))


def lines(spec: Mapping[str, Any], text: str, reference: str, base: Path) -> tuple[list[str], Mapping[str, int]]:
    """Return the lines of a text that needs no download, as they are before cleaning, and counts of what was done.

    Raises:
        UserError: whatever keeps the text from being read or aligned.
    """
    return _module(spec).lines(spec, text, reference, sources(spec, text, reference, base)[0])


def build(spec: Mapping[str, Any], text: str, reference: str, *, source: Path, out_txt: Path, out_json: Path) -> None:
    """Write one text of a corpus, aligned to the reference text and clean, and the report of what was done to it.

    Args:
        spec: the corpus's settings.
        text, reference: names of texts.
        source: the file it is read from: the downloaded package, or the first of `sources`.
        out_txt, out_json: the files to write (docs/design.md).

    Raises:
        UserError: whatever keeps the text from being read, aligned, or long enough.
    """
    from langgeom.corpora.text import write_text

    module = _module(spec)
    lines, done = module.lines(spec, text, reference, source)
    label = module.label(spec, source) if hasattr(module, "label") else source.name
    write_text(text, lines, spec, label, done, out_txt, out_json)
