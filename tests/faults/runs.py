"""Runs of a study as `make` starts them, in a session of their own, so that all processes of a run can be seen and killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import psutil

from study import ROOT, Study

SECONDS = 900.0
RUN_ALONE = [sys.executable, str(ROOT / "workflow" / "scripts" / "run_alone.py")]
# Every table, and figures drawn from several of them.
TARGETS = ("table", "results/texts.csv", "results/quality.csv", "results/findings.csv", "fig01", "fig07")
# All but pictures.
RESULTS = ("*.csv", "*.parquet", "findings.md", "metrics/*/*/[!.]*", "texts/*/*", "corpora/*/*", "figures/*.csv")


class Run:
    """A run under way."""

    def __init__(
        self, study: Study, *targets: str, command: Sequence[str] = RUN_ALONE,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        study.write()
        self.output = study.folder.with_suffix(".output")  # beside the study, whose disk may be full
        settings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | dict(environment)
        with self.output.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [*command, "--cores", "2", *targets],
                cwd=study.folder, env=settings, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def until(self, seen: Callable[[], object]) -> None:
        """Wait for something to happen while the run is under way."""
        end = time.monotonic() + SECONDS
        while not seen():
            assert self.process.poll() is None and time.monotonic() < end, self.printed()
            time.sleep(0.005)

    def succeed(self) -> str:
        """Wait until the run has succeeded; return what it printed."""
        assert self.process.wait(SECONDS) == 0, self.printed()
        return self.printed()

    def fail(self) -> str:
        """Wait until the run has failed without a traceback; return what it printed."""
        assert self.process.wait(SECONDS) != 0 and "Traceback" not in self.printed(), self.printed()
        return self.printed()

    def processes(self) -> list[psutil.Process]:
        """Return the processes of the run that are alive."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def kill(self, only: str = "") -> None:
        """Kill all processes of the run, or those whose command holds a word, and wait until they are gone."""
        while left := [process for process in self.processes() if only in " ".join(process.cmdline())]:
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self.process.poll()
            time.sleep(0.01)


def results_of(study: Study) -> dict[str, bytes]:
    """Return the bytes of all results that equal runs have in common."""
    return {name: content for pattern in RESULTS for name, content in study.files(pattern).items()}
