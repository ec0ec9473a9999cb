"""Write docs/settings.md from the schemas of the config and of the kinds: every key, what it is, what is allowed, its default.

python tests/settings_page.py docs/settings.md        # or `make docs-settings`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from langgeom.config import SCHEMA
from langgeom.corpora import corpus_kinds
from langgeom.models import model_kinds

HEAD = """# The settings

Every key of a config, generated from [the schema](../workflow/schemas/config.schema.yaml) and the kinds of corpora and
models (`make docs-settings`). What has no default may be left out, unless it is needed. [config.yaml](../config.yaml) shows
them at work.
"""
TYPES = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
         "boolean": "true or false"}  # fmt: skip


def page() -> str:
    """Return the page."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    parts = [HEAD, *table("All", list(rows(schema, schema["$defs"], "")))]
    for group, shared, kinds in (("corpora", "corpus", corpus_kinds()), ("models", "model", model_kinds())):
        parts += table(f"Keys of every entry of `{group}`", list(rows(schema["$defs"][shared], schema["$defs"], "")))
        for name, kind in kinds.items():
            without = f"; without {', '.join(f'`{key}`' for key in kind.without)}" if kind.without else ""
            own = {"properties": kind.properties(), "required": [name]}
            parts += table(f"`{group}`: `{name}`{without}", list(rows(own, schema["$defs"], "")))
    return "\n".join(parts)


def table(heading: str, found: list[tuple[str, ...]]) -> list[str]:
    """Return a heading and a table."""
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in found]
    return [f"## {heading}\n", "| key | what it is | allowed | default |", "|---|---|---|---|", *lines, ""]


def rows(schema: Mapping[str, Any], defs: Mapping[str, Any], above: str) -> Iterator[tuple[str, ...]]:
    """Yield key, description, what is allowed and default of each key, and of those below it."""
    for key, part in schema.get("properties", {}).items():
        part, name = resolved(part, defs), f"{above}{key}"
        below = resolved(part.get("items", {}), defs) if "items" in part else part
        needed = "; needed" * (key in schema.get("required", ()))
        default = shown(part["default"]) if "default" in part and not part.get("properties") else ""
        yield f"`{name}`", " ".join(part.get("description", "").split()), allowed(part, defs) + needed, default
        yield from rows(below, defs, f"{name}[]." if below is not part else f"{name}.")


def resolved(part: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of the schema with what it refers to."""
    return {**defs[part["$ref"].rsplit("/", 1)[1]], **part} if "$ref" in part else dict(part)


def allowed(part: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    """Say what a value may be."""
    if "enum" in part or "const" in part:
        return ", ".join(f"`{shown(one)}`" for one in part.get("enum", [part.get("const")]))
    if "anyOf" in part:
        return " or ".join(allowed(resolved(one, defs), defs) for one in part["anyOf"])
    said = TYPES.get(part.get("type", ""), "")
    if "items" in part and (inner := allowed(resolved(part["items"], defs), defs)):
        said += f" ({inner})"
    if "additionalProperties" in part and isinstance(part["additionalProperties"], Mapping):
        said += " by name"
    low, high = part.get("minimum"), part.get("maximum")
    bounds = f"{low} to {high}" if None not in (low, high) else f"{low} or more" if low is not None else ""
    return f"{said}, {bounds}" if bounds else said


def shown(value: Any) -> str:
    """Write a default as YAML would."""
    return yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("\n").removesuffix("\n...")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
