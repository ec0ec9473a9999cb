"""Files are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from langgeom.files import MACHINE, atomic, atomic_folder, clear_temporaries, scratch, sha256


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


def test_what_killed_processes_left_is_cleared(tmp_path: Path) -> None:
    kept = [tmp_path / name for name in ("a.tmp", ".b.csv", "c.5-0.tmp")]
    mine = [tmp_path / f".a.99-{MACHINE}.tmp.csv", tmp_path / "deep" / f".m.xyz.99-{MACHINE}.tmp"]
    others = [tmp_path / ".a.99-00000000.tmp", tmp_path / ".old.99-00000000.tmp.parquet"]
    mine[1].mkdir(parents=True)
    (mine[1] / "weights").touch()
    for path in (*kept, mine[0], *others):
        path.touch()
    os.utime(others[1], (1, 1))
    assert sorted(clear_temporaries(tmp_path)) == sorted([*mine, others[1]])
    assert sorted(tmp_path.iterdir()) == sorted([*kept, others[0], tmp_path / "deep"])
    assert not list((tmp_path / "deep").iterdir())


@pytest.mark.parametrize("write", [atomic, atomic_folder, scratch])
def test_temporary_names_can_be_told(tmp_path: Path, write: Callable[[Path], AbstractContextManager[Path]]) -> None:
    with write(tmp_path / "new.csv") as temporary:
        temporary.touch()
        assert clear_temporaries(tmp_path) == [temporary]
        temporary.touch()


def test_sha256_of_known_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
