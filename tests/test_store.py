"""The store computes each result once, links it out, and never keeps half a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from langgeom.store import Store, key_of


def test_key_depends_on_values_not_on_order() -> None:
    assert key_of(a=1, b=[2, "x"]) == key_of(b=[2, "x"], a=1)
    assert key_of(a=1) != key_of(a=2)
    assert key_of(a="1") != key_of(a=1)


def test_computes_once_and_links(tmp_path: Path) -> None:
    store, calls = Store(tmp_path / "store"), []

    def write(path: Path) -> None:
        calls.append(path)
        path.write_text("result")

    first, second = tmp_path / "out" / "a.txt", tmp_path / "out" / "b.txt"
    assert store.make("ab12", first, write) is True
    first.unlink()  # as Snakemake does before it runs a job again
    assert store.make("ab12", first, write) is False
    assert store.make("ab12", second, write) is False
    assert len(calls) == 1
    assert first.read_text() == second.read_text() == "result"
    assert os.path.samefile(first, second)


def test_failed_computation_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")

    def write(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        store.make("ab12", tmp_path / "out.txt", write)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_found_result_is_newer_than_its_inputs(tmp_path: Path) -> None:
    store, output = Store(tmp_path / "store"), tmp_path / "out.txt"
    store.make("ab12", output, lambda path: path.write_text("x") and None)
    os.utime(output, (1, 1))
    store.deliver("ab12", output)
    assert output.stat().st_mtime > 1


def test_sweep_removes_only_what_no_output_uses(tmp_path: Path) -> None:
    store, kept, dropped = Store(tmp_path / "store"), tmp_path / "kept.txt", tmp_path / "dropped.txt"
    store.make("aa", kept, lambda path: path.write_text("kept") and None)
    store.make("bb", dropped, lambda path: path.write_text("dropped") and None)
    dropped.unlink()
    assert store.sweep() == len("dropped")
    assert store.deliver("aa", tmp_path / "again.txt") is True
    assert store.deliver("bb", tmp_path / "again.txt") is False
    assert kept.read_text() == "kept"


def test_a_damaged_result_is_made_anew(tmp_path: Path) -> None:
    store, output = Store(tmp_path / "store"), tmp_path / "out.txt"
    store.make("ab12", output, lambda path: path.write_text("result") and None)
    output.chmod(0o644)
    output.write_text("spoilt")  # through the link, the store's own bytes
    output.unlink()
    assert store.make("ab12", output, lambda path: path.write_text("result") and None) is True
    assert output.read_text() == "result"
    assert store.deliver("ab12", tmp_path / "again.txt") is True
