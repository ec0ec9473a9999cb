"""Runs of a study that can be killed: start one as `make` does, kill it at a time or at an event, look at what it left.

A run has a session of its own; the kill is SIGKILL to every process of it at once, as a power cut or a cluster's out-of-memory
killer would end it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from langgeom.files import sha256
from study import ROOT, Study

__all__ = ["Run", "Undisturbed", "check_store", "computed", "finish", "results_of", "temporaries"]

SECONDS = 300.0


class Run:
    """A run of a study under way, started through `workflow/scripts/run_alone.py`."""

    def __init__(self, study: Study, *targets: str, cores: int = 2) -> None:
        study.write()
        self.study, self.start = study, time.monotonic()
        self.output = study.folder / "output.txt"
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        command = [sys.executable, str(ROOT / "workflow" / "scripts" / "run_alone.py"), "--cores", str(cores), *targets]
        with self.output.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                command, cwd=study.folder, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def wait(self) -> str:
        """Wait for the run to end well; return what it printed."""
        try:
            assert self.process.wait(SECONDS) == 0, self.printed()
        finally:
            self.kill()
        return self.printed()

    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def kill_after(self, seconds: float) -> bool:
        """Kill the run so long after its start; return whether it was still alive."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, self.start + seconds - time.monotonic()))
        return self.kill()

    def kill_when(self, event: Callable[[], bool]) -> bool:
        """Kill the run as soon as an event has come; return whether it was still alive.

        Args:
            event: looks (every few milliseconds) whether it has, as `lambda: len(list(store.rglob("*.tmp*"))) >= 2`.
        """
        while self.process.poll() is None and time.monotonic() < self.start + SECONDS:
            if event():
                return self.kill()
            time.sleep(0.002)
        return self.kill()

    def kill(self) -> bool:
        """Kill all processes of the run, and wait until none is left; return whether it was still alive."""
        alive = self.process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while left := self._left():
            psutil.wait_procs(left, timeout=1)
        return alive

    def _left(self) -> list[psutil.Process]:
        """Return processes of the run's session that are still there; one that left the session would show as a failure."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


@dataclass(frozen=True)
class Undisturbed:
    """What a run gives that nothing happens to, and the seconds it takes on this machine now."""

    results: dict[str, bytes]
    seconds: float


def finish(study: Study, *targets: str) -> str:
    """Run to the end, whatever the run before it died of."""
    return Run(study, *targets).wait()


def results_of(study: Study, patterns: tuple[str, ...] = ("metrics.*", "hidden/*/*/*", "metrics/*/*/*")) -> dict[str, bytes]:
    """Return the bytes of what a study is judged by: the table, and each file of hidden states and metrics."""
    return {name: content for pattern in patterns for name, content in study.files(pattern).items()}


def check_store(study: Study) -> int:
    """Assert that whatever has its final name in the store is whole; return how many results those are."""
    whole = 0
    for path in (study.folder / "results" / "store").glob("*/*/*"):
        if path.name.startswith(".") or path.suffix == ".sha256":
            continue
        assert path.with_name(path.name + ".sha256").read_text() == sha256(path), f"{path} is partial"
        whole += 1
    return whole


def computed(study: Study, stage: str) -> list[str]:
    """Return the texts that the last jobs of a stage computed, by their logs."""
    logs = sorted((study.folder / "results" / "logs" / stage).rglob("*.log")) if study.folder.exists() else []
    lines = [line for path in logs for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return [line.split()[-2] for line in lines if line.endswith(" computed")]


def temporaries(folder: Path) -> list[Path]:
    """Return what a killed run left under temporary names."""
    return [path for path in folder.rglob("*") if ".tmp" in path.name]
