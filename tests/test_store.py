"""The store computes each result once, links it out, and never keeps half a file."""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from langgeom.errors import UserError
from langgeom.files import sha256
from langgeom.store import Store, key_of, serve


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
    assert store.sweep(tmp_path) == len("dropped")
    assert store.deliver("aa", tmp_path / "again.txt") is True
    assert store.deliver("bb", tmp_path / "again.txt") is False
    assert kept.read_text() == "kept"


def test_sweep_keeps_what_an_output_is_a_copy_of_where_the_disk_has_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    store, outputs = Store(tmp_path / "store" / "hidden"), tmp_path / "hidden"
    for key, text in (("aa", "kept"), ("bb", "gone"), ("cc", "other")):  # two of one size
        store.make(key, outputs / "m" / f"{key}.txt", lambda path, text=text: path.write_text(text) and None)
    (outputs / "m" / "bb.txt").unlink()
    (outputs / "m" / "cc.txt").unlink()
    (store.folder / "cc" / "cc.txt").unlink()  # of a killed job: a digest alone
    os.utime(store.folder / "cc" / "cc.txt.sha256", (1, 1))
    store.sweep(outputs)
    assert sorted(path.name for path in store.folder.rglob("*.*")) == ["aa.txt", "aa.txt.sha256"]


def test_a_damaged_result_is_made_anew(tmp_path: Path) -> None:
    store, output = Store(tmp_path / "store"), tmp_path / "out.txt"
    store.make("ab12", output, lambda path: path.write_text("result") and None)
    output.chmod(0o644)
    output.write_text("spoilt")  # through the link, the store's own bytes
    output.unlink()
    assert store.make("ab12", output, lambda path: path.write_text("result") and None) is True
    assert output.read_text() == "result"
    assert store.deliver("ab12", tmp_path / "again.txt") is True


def test_under_its_final_name_a_result_is_whole_and_has_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, names = Store(tmp_path / "store"), []
    replace = os.replace

    def watched(source: Path, target: Path) -> None:
        replace(source, target)
        names.append(Path(target).name)
        kept = store.path("ab12", ".txt")
        if kept.exists():
            assert kept.with_name(kept.name + ".sha256").read_text() == sha256(kept)

    monkeypatch.setattr(os, "replace", watched)
    store.make("ab12", tmp_path / "out.txt", lambda path: path.write_text("result") and None)
    assert names == ["ab12.txt.sha256", "ab12.txt", "out.txt"]


Makers = list[Callable[[], Callable[[Path], None]]]


def run(tmp_path: Path, makers: Makers) -> list[Path]:
    names = [f"text{number}" for number in range(len(makers))]
    outputs = [tmp_path / "out" / f"{name}.txt" for name in names]
    serve(Store(tmp_path / "store"), names, [key_of(name=name) for name in names], outputs, makers)
    return outputs


def writes(text: str) -> Callable[[], Callable[[Path], None]]:
    return lambda: lambda path: path.write_text(text) and None


def test_one_is_written_while_the_next_is_computed_and_no_third(tmp_path: Path) -> None:
    events: list[str] = []
    computing, written = [threading.Event() for _ in range(4)], [threading.Event() for _ in range(4)]

    def maker(number: int) -> Callable[[], Callable[[Path], None]]:
        def make() -> Callable[[Path], None]:
            computing[number].set()
            if number >= 2:
                # What is two before was finished first: no more than two are held.
                assert written[number - 2].is_set()
            events.append(f"compute {number}")
            return save

        def save(path: Path) -> None:
            if number < 3:
                assert computing[number + 1].wait(20), "the next was not begun while this one was written"
            path.write_text(f"{number}")
            written[number].set()
            events.append(f"written {number}")

        return make

    outputs = run(tmp_path, [maker(number) for number in range(4)])
    assert [path.read_text() for path in outputs] == ["0", "1", "2", "3"]
    assert [event for event in events if event.startswith("written")] == [f"written {number}" for number in range(4)]


def test_a_mistake_in_writing_stops_the_batch_and_is_named(tmp_path: Path) -> None:
    calls: list[int] = []

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def counted(number: int) -> Callable[[], Callable[[Path], None]]:
        return lambda: (calls.append(number), writes(str(number))())[1]

    with pytest.raises(UserError, match=r"^text1: the disk is full"):
        run(tmp_path, [counted(0), lambda: full, counted(2), counted(3), counted(4)])
    assert calls in ([0], [0, 2])  # at most the one that was computed meanwhile
    assert (tmp_path / "out" / "text0.txt").read_text() == "0"


def test_a_mistake_in_computing_keeps_the_one_being_written(tmp_path: Path) -> None:
    def wrong() -> Callable[[Path], None]:
        raise UserError("no token")

    with pytest.raises(UserError, match=r"^text1: no token"):
        run(tmp_path, [writes("0"), wrong, writes("2")])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["text0.txt"]


def test_what_is_found_is_not_computed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def never() -> Callable[[Path], None]:
        raise AssertionError("computed again")

    run(tmp_path, [writes("0"), writes("1")])
    caplog.set_level(logging.INFO)
    run(tmp_path, [never, never, writes("2")])
    said = [record.getMessage() for record in caplog.records]
    assert said == ["1 of 3: text0 found finished", "2 of 3: text1 found finished", "3 of 3: text2 computed"]
