"""What `make` does in a folder before it starts Snakemake, which is replaced here by a command that succeeds."""

from __future__ import annotations

import errno
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import psutil
import pytest

from langgeom.files import MACHINE
from study import ROOT

LOCK, LEFT = Path(".snakemake/locks/0.output.lock"), Path(f"results/.x.999999999-{MACHINE}.tmp")
HOST = Path(".snakemake/langgeom.lock")


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, in a folder with the lock and a temporary file that a killed run has left there."""
    spec = importlib.util.spec_from_file_location("run_alone", ROOT / "workflow" / "scripts" / "run_alone.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "signal", SimpleNamespace(signal=lambda *_: None, SIGINT=2))
    monkeypatch.setattr(module, "subprocess", SimpleNamespace(run=lambda *_, **__: SimpleNamespace(returncode=0)))
    for path in (LOCK, LEFT):
        path.parent.mkdir(parents=True)
        path.touch()
    return module


def refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_what_a_killed_run_left_is_removed(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["table"]) == 0
    assert "Removed the lock of a run that was killed" in capsys.readouterr().out
    assert not LOCK.exists() and not LEFT.exists()


@pytest.mark.parametrize("arguments", [["-n"], ["--dry-run", "table"], ["-np"]])
def test_a_dry_run_changes_nothing(script: ModuleType, arguments: list[str]) -> None:
    assert script.main(arguments) == 0
    assert LOCK.exists() and LEFT.exists() and not HOST.exists()


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_nothing_is_removed_on_a_disk_without_locks(script: ModuleType, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(script.fcntl, "flock", refusing(number))
    assert script.main(["table"]) == 0
    assert LOCK.exists() and LEFT.exists()


def test_a_run_on_another_machine_is_not_taken_for_a_killed_one(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk keeps the system's locks to each machine, but both see Snakemake's lock."""
    with monkeypatch.context() as there:
        there.setattr(script.platform, "node", lambda: "login2")
        assert script.main(["table"]) == 0
    LOCK.parent.mkdir()
    LOCK.touch()
    LEFT.touch()
    capsys.readouterr()
    assert script.main(["table"]) == 1
    said = capsys.readouterr().out
    assert "login2" in said and "`snakemake --unlock`" in said and said.count("\n") == 1
    assert LOCK.exists() and LEFT.exists()
    LOCK.unlink()  # as --unlock does
    assert script.main(["table"]) == 0 and not LEFT.exists()


def test_a_job_of_a_killed_run_ends_with_what_it_has_started(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """A job that a killed Snakemake left running, and the client it downloads with."""
    job = Path(".snakemake/scripts/x.npm_package.py")
    job.parent.mkdir()
    job.write_text(
        "import subprocess, sys\n"
        "client = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], cwd='/')\n"
        "open('started', 'w').write(str(client.pid))\n"
        "client.wait()\n"
    )
    with subprocess.Popen([sys.executable, str(job)]) as process:
        while not (started := Path("started")).exists() or not started.read_text():
            assert process.poll() is None
            time.sleep(0.05)
        client = psutil.Process(int(started.read_text()))
        assert script.main(["table"]) == 0
        assert process.wait(10) == -9
        assert not client.is_running() or client.status() == psutil.STATUS_ZOMBIE
    assert "Ended 1 jobs" in capsys.readouterr().out


@pytest.mark.parametrize("config", ["there is no config file", "cannot be read as YAML"])
def test_a_bad_config_file_is_one_message(script: ModuleType, capsys: pytest.CaptureFixture[str], config: str) -> None:
    if "YAML" in config:
        Path("mine.yaml").write_text("models: [\n")
    assert script.main(["table", "--configfile", "mine.yaml"]) == 1
    said = capsys.readouterr().out
    assert config in said and "mine.yaml" in said and said.count("\n") == 1


def test_a_full_disk_does_not_keep_a_run_from_starting(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.platform, "node", refusing(errno.ENOSPC))
    LOCK.unlink()
    assert script.main(["table"]) == 0
