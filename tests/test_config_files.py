"""The file of a config as YAML, and the schema that it is held against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from langgeom.config import SCHEMA, check_files
from langgeom.corpora import corpus_kinds
from langgeom.errors import UserError
from langgeom.models import model_kinds

Settings = dict[str, Any]


def properties(schema: Settings, where: str = "") -> Iterator[tuple[str, Settings]]:
    """Yield every key that a config may have, as the schema says, with its own part of the schema."""
    for key, value in schema.items():
        if key == "properties":
            for name, part in value.items():
                yield f"{where}.{name}".lstrip("."), part
                yield from properties(part, f"{where}.{name}")
        elif isinstance(value, dict):
            yield from properties(value, f"{where}.{key}" if where in ("", ".$defs") else where)


def test_the_schema_describes_every_key() -> None:
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    found = dict(properties(schema))
    for name, kind in (*corpus_kinds().items(), *model_kinds().items()):
        assert name in kind.properties()
        found |= dict(properties({"properties": kind.properties()}, kind.__module__))
    assert {"bootstrap.replicates", "langgeom.corpora.udhr.udhr.version", "langgeom.models.pypi.gguf.file"} <= set(found)
    assert len(found) > 70

    def described(part: Settings) -> bool:
        shared = schema["$defs"][part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else {}
        return bool({**shared, **part}.get("description", "").strip())

    assert [where for where, part in found.items() if not described(part)] == []


TRICKS = {
    "a key twice": (b"seed: 1\nmodels:\n  a: {}\n  b: {}\n  a: {}\n", r"line 5: key 'a' stands on line 3 and again on line 5"),
    "a key twice on one line": (b"a: {b: 1, b: 2}\n", "line 1: key 'b' stands on line 1 and again on line 1"),
    "a date that is none": (b"a: 2020-13-45", "cannot be read as YAML"),
    "an open list": (b"a: [1", "cannot be read as YAML"),
    "Latin-1": (
        "seed: 1\nb: K\u00f6ln\n".encode("latin-1"),
        "cannot be read as YAML: line 2 is not UTF-8. Save",
    ),
    "a Python object": (b"a: !!python/object:os.system {}", "cannot be read as YAML"),
    "a tab": (b"\t- a", "cannot be read as YAML"),
    "a key that is a list": (b"? [a, b]\n: 1\n", "line 1: a key is a list or a mapping"),
    "an alias inside itself": (b"seed: 1\nhidden: &h {a: [*h]}\n", "alias under 'hidden' is part of itself"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_files_that_are_refused(tmp_path: Path, trick: str) -> None:
    content, said = TRICKS[trick]
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        check_files([path])
    assert str(path) in str(caught.value)


def test_files_that_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: &a [1, 0, -3, 0x1f]\r\nb: *a\r\nc: [*a, *a]\r\n")
    check_files([path])
    with pytest.raises(UserError, match="is a folder"):
        check_files([tmp_path])
