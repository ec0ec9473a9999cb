"""The cluster of the tests leaves nothing behind, however it ends."""

from __future__ import annotations

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


def gone(daemons: list[int], seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while alive := [pid for pid in daemons if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > end:
            print(alive)
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, None], ids=str)
def test_no_daemon_is_left(number: signal.Signals | None) -> None:
    process, folder, daemons = start(*(["sleep", "60"] if number else ["false"]))
    assert len(daemons) == 3
    if number is signal.SIGKILL:
        process.send_signal(number)
    elif number:
        os.killpg(process.pid, number)  # as a terminal does it
    status = process.wait(30)
    assert gone(daemons)
    if number is signal.SIGKILL:  # only the link is left, and the next cluster takes its place
        assert os.path.lexists(slurm.SYSTEM / "slurm.conf")
        slurm.find()
        with slurm.cluster():
            pass
    else:
        assert status == (1 if number is None else 130)
        assert not folder.exists()
    assert not os.path.lexists(slurm.SYSTEM / "slurm.conf")


def test_settings_of_a_slurm_that_is_in_use_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "SYSTEM", tmp_path)
    (tmp_path / "slurm.conf").write_text("ClusterName=real\n")
    with pytest.raises(slurm.Missing, match="exists, and a Slurm that is in use"), slurm.cluster():
        pass
    assert (tmp_path / "slurm.conf").read_text() == "ClusterName=real\n"
