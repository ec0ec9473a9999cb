"""The file of a config as YAML, and the schema that it is held against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from langgeom.config import SCHEMA, check_files
from langgeom.errors import UserError

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
    assert {"bootstrap.replicates", "$defs.corpus.udhr.version", "$defs.model.pypi.package"} <= set(found) and len(found) > 70

    def described(part: Settings) -> bool:
        shared = schema["$defs"][part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else {}
        return bool({**shared, **part}.get("description", "").strip())

    assert [where for where, part in found.items() if not described(part)] == []


def test_repeated_key_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("seed: 1\nmodels:\n  a: {}\n  b: {}\n  a: {}\n")
    with pytest.raises(UserError, match=r"key 'a' stands on line 3 and again on line 5"):
        check_files([path])


def test_repeated_key_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("a: {b: 1, b: 2}\n")
    with pytest.raises(UserError, match="key 'b' stands on line 1 and again on line 1"):
        check_files([path])


@pytest.mark.parametrize("content", [b"a: 2020-13-45", b"a: [1", b"a: \xff", b"a: !!python/object:os.system {}", b"\t- a"])
def test_unreadable_yaml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match="cannot be read as YAML"):
        check_files([path])


def test_a_key_that_is_a_list(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("? [a, b]\n: 1\n")
    with pytest.raises(UserError, match="line 1: a key is a list or a mapping"):
        check_files([path])
