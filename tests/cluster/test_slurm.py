"""The cluster of the tests leaves nothing behind, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import slurm

HERE = Path(__file__).parent


def start(*command: str) -> tuple[subprocess.Popen[str], Path, list[int]]:
    """Run a command on a cluster that shows its folder; return the process, the folder and the daemons."""
    shown = ["sh", "-c", 'readlink /etc/slurm/slurm.conf; exec "$@"', "sh", *command]
    process = subprocess.Popen(
        [sys.executable, str(HERE / "slurm.py"), *shown], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip()).parent
    return process, folder, [int(path.read_text()) for path in sorted(folder.glob("*.started"))]


def gone(daemons: list[int], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while alive := [pid for pid in daemons if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > end:
            print(alive)
            return False
        time.sleep(0.1)
    return True


def _end_group(process: subprocess.Popen[str]) -> None:
    """End what a killed process had started; that is the test's own."""
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, None], ids=str)
def test_no_daemon_is_left(number: signal.Signals | None) -> None:
    process, folder, daemons = start(*(["sleep", "600"] if number else ["false"]))
    assert len(daemons) == 3
    if number is signal.SIGKILL:
        process.send_signal(number)
    elif number:
        os.killpg(process.pid, number)  # as a terminal does it
    status = process.wait(60)
    assert gone(daemons)
    _end_group(process)
    end = time.monotonic() + 30
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not folder.exists()
    assert not os.path.lexists(slurm.SYSTEM / "slurm.conf")
    assert status == {None: 1, signal.SIGKILL: -9}.get(number, 130)


def test_no_job_is_left(tmp_path: Path) -> None:
    job = f"sbatch --output={tmp_path}/out --wrap 'echo $$ > {tmp_path}/pid; exec sleep 600'"
    process, _, _ = start("sh", "-c", f"{job}; sleep 600")
    end = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < end:
        time.sleep(0.1)
    process.kill()
    _end_group(process)
    assert gone([int((tmp_path / "pid").read_text())], 60)


def test_settings_of_a_slurm_that_is_in_use_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "SYSTEM", tmp_path)
    (tmp_path / "slurm.conf").write_text("ClusterName=real\n")
    with pytest.raises(slurm.Missing, match="exists, and a Slurm that is in use"), slurm.cluster():
        pass
    assert (tmp_path / "slurm.conf").read_text() == "ClusterName=real\n"
