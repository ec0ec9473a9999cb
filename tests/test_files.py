"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from langgeom.files import atomic, atomic_folder, sha256


def test_atomic_replaces_at_the_end_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.csv"
    with atomic(path) as temporary:
        temporary.write_text("one")
        assert not path.exists()
        assert temporary.suffix == ".csv"
    assert path.read_text() == "one"
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_text("two")
        raise RuntimeError
    assert path.read_text() == "one"
    assert list(path.parent.iterdir()) == [path]


def test_atomic_folder_replaces_at_the_end_only(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with atomic_folder(path) as temporary:
        (temporary / "a").write_text("one")
        assert not path.exists()
    with pytest.raises(RuntimeError), atomic_folder(path) as temporary:
        (temporary / "b").write_text("two")
        raise RuntimeError
    assert [child.name for child in path.iterdir()] == ["a"]
    with atomic_folder(path) as temporary:
        (temporary / "c").write_text("three")
    assert [child.name for child in path.iterdir()] == ["c"]
    assert list(tmp_path.iterdir()) == [path]


def test_sha256_of_known_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
