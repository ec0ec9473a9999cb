"""Any data set of the hub with a column of text, aligned by an id or row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langgeom.errors import UserError, nearest
from langgeom.files import read_json
from langgeom.hub.listing import FIELDS, UNPINNED

__all__ = ["check", "hub_spec", "label", "lines", "sources", "texts"]


def check(spec: Mapping[str, Any]) -> None:
    """Refuse a data set without a commit, fields of templates that mean nothing, and names of texts that are not taken.

    Raises:
        UserError: the key, what was found, what is allowed.
    """
    chosen = spec["hub"]
    if "revision" not in chosen:
        raise UserError(f"hub lacks 'revision', {UNPINNED}.")
    for key in ("config", "split", "text_column"):
        for field in re.findall(r"\{(\w*)\}", chosen.get(key, "")):
            if field not in FIELDS:
                allowed = ", ".join(f"{{{name}}}" for name in FIELDS)
                raise UserError(f"hub.{key} has '{{{field}}}'; allowed: {allowed}.{nearest(field, FIELDS)}")
    for text in chosen.get("names", {}):
        if text not in spec["texts"]:
            raise UserError(f"hub.names has '{text}', which is none of its texts.{nearest(text, spec['texts'])}")


def texts(spec: Mapping[str, Any], base: Path) -> None:
    """Return nothing: what a data set has is not known before it is reached for."""
    return None


def hub_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `langgeom.hub.fetch.fetch_text` is asked for."""
    return dict(spec["hub"])


def sources(spec: Mapping[str, Any], text: str, base: Path) -> None:
    """Return nothing: no file of the user's."""
    return None


def label(spec: Mapping[str, Any], source: Path) -> str:
    """Return data set, commit, configuration and split of fetched rows."""
    return str(read_json(source)["source"])


def lines(spec: Mapping[str, Any], text: str, reference: str, source: Path) -> tuple[list[str], Counter[str]]:
    """Return the cells of a text in the order of the reference text's rows, "" where it lacks one; and counts.

    Args:
        source: the rows of the text as fetched, with those of the reference text beside them.

    Returns:
        The lines, and `unmatched`: rows whose id the reference text lacks.

    Raises:
        UserError: rows without ids that are not as many as the reference text's, or no id in common.
    """
    found, expected = (read_json(path, "source", "id", "text") for path in (source, source.with_name(f"{reference}.json")))
    if found["id"] is None or expected["id"] is None:
        if len(found["text"]) != len(expected["text"]):
            raise UserError(
                f"'{text}' has {len(found['text'])} rows and '{reference}' has {len(expected['text'])}: they cannot be "
                f"parallel. Name the column that aligns them, id_column ({found['source']})."
            )
        return found["text"], Counter()
    cells = dict(zip(found["id"], found["text"], strict=True))
    aligned = [cells.get(row, "") for row in expected["id"]]
    unmatched = len(cells.keys() - set(expected["id"]))
    if unmatched == len(cells):
        raise UserError(f"'{text}' and '{reference}' have no id in common ({found['source']}). Is id_column the right one?")
    return aligned, Counter(unmatched=unmatched)
