"""What `make` makes of a folder's locks before it starts Snakemake, which is not started here."""

from __future__ import annotations

import errno
import importlib.util
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from langgeom.files import MACHINE
from study import ROOT

SCRIPT = ROOT / "workflow" / "scripts" / "run_alone.py"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, in a folder with the lock and a temporary file that a run has left there; Snakemake is not run."""
    spec = importlib.util.spec_from_file_location("run_alone", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "signal", SimpleNamespace(signal=lambda *_: None, SIGINT=signal.SIGINT))
    monkeypatch.setattr(module, "subprocess", SimpleNamespace(run=lambda *_, **__: SimpleNamespace(returncode=0)))
    Path("results").mkdir()
    Path(".snakemake/locks").mkdir(parents=True)
    for path in (LOCK, LEFT):
        path.touch()
    return module


LOCK, LEFT = Path(".snakemake/locks/0.output.lock"), Path(f"results/.x.999999999-{MACHINE}.tmp")

NOTE = Path(".snakemake/langgeom.lock")


def refusing(number: int) -> Callable[..., None]:
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return flock


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_disk_without_locks_is_said_and_nothing_is_cleared_there(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    monkeypatch.setattr(script.fcntl, "flock", refusing(number))
    assert script.main(["table"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"This disk has no locks ({os.strerror(number)}): ") and said.count("\n") == 1
    assert LOCK.exists() and LEFT.exists()


def test_what_a_killed_run_left_is_cleared_away_where_there_are_locks(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(["table"]) == 0
    assert "Removed the lock of a run that was killed" in capsys.readouterr().out
    assert not LOCK.exists() and not LEFT.exists()


def test_a_run_on_another_machine_is_not_taken_for_a_killed_one(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk keeps the system's locks to each machine; Snakemake's own lock and the note on the holder are shared."""

    def killed(*_: object, **__: object) -> SimpleNamespace:
        LOCK.parent.mkdir(exist_ok=True)
        LOCK.touch()
        return SimpleNamespace(returncode=-9)

    with monkeypatch.context() as there:
        there.setattr(script.platform, "node", lambda: "login2")
        there.setattr(script, "subprocess", SimpleNamespace(run=killed))
        assert script.main(["table"]) == -9
    assert NOTE.read_text() == f"login2 {os.getpid()}\n"
    LEFT.touch()
    capsys.readouterr()
    assert script.main(["table"]) == 1
    said = capsys.readouterr().out
    assert said.startswith("A run in this folder was started on login2 ") and "`snakemake --unlock`" in said
    assert LOCK.exists() and LEFT.exists() and said.count("\n") == 1
    assert script.main(["table", "-n"]) == 0 and LOCK.exists() and "login2" in NOTE.read_text()
    LOCK.unlink()  # as --unlock does
    assert script.main(["table"]) == 0
    assert not LEFT.exists() and NOTE.read_text() == ""


@pytest.mark.parametrize("note", [b"", b"\0" * 10, b"\xff\xfe", b"login2", b"login2 x\n"])
def test_a_lock_of_which_nothing_tells_whose_it_is_is_of_a_killed_run(script: ModuleType, note: bytes) -> None:
    NOTE.write_bytes(note)
    assert script.main(["table"]) == 0
    assert not LOCK.exists() and NOTE.read_bytes() == b""


def test_a_full_disk_does_not_keep_a_run_from_its_lock(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.os, "pwrite", refusing(errno.ENOSPC))
    assert script.main(["table"]) == 0
