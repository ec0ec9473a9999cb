"""Snakemake's `--logger langgeom`: one line of progress, and above it only what went wrong. `make` uses it on a terminal.

The line shows the jobs that are done, what the largest running job does (the last line of its log) and about how much time is
left. All of Snakemake's own output still goes to its log file, whose name is printed at the end.

This package must not import langgeom: Snakemake imports it before the Snakefile, which decides whose library is used.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

# Rough durations of jobs, relative to those of other rules, until jobs of a rule have been seen.
GUESS = defaultdict(lambda: 1.0, {"measure": 50.0, "model": 8.0, "harness": 1000.0})
# Events that are printed, as are messages that are no event; except those that begin so.
SHOWN = {None, LogEvent.ERROR, LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR}
CHATTER = (
    "Assuming unrestricted shared filesystem", "host:", "Building DAG of jobs", "Using shell:", "Provided ", "Rules claiming",
    "Conda environments: ignored", "Singularity containers: ignored", "Group jobs:", "Select jobs to execute", "None",
)  # fmt: skip


class Job(NamedTuple):
    """A running job."""

    rule: str
    name: str
    logs: list[str]
    start: float

    def lines(self) -> list[str]:
        """Return the lines of the job's log without their times."""
        try:
            text = "".join(Path(log).read_text(encoding="utf-8", errors="replace") for log in self.logs)
        except OSError:
            return []
        return [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in text.splitlines() if line.strip()]

    def share(self) -> float:
        """Return how much of the job is done, by the last "n of m" in its log."""
        found = re.findall(r"(\d+) of (\d+)", "\n".join(self.lines()))
        return min(1.0, int(found[-1][0]) / max(1, int(found[-1][1]))) if found else 0.0


class LogHandler(LogHandlerBase):
    """Counts jobs, prints messages, and redraws the line below them every second."""

    writes_to_stream, writes_to_file = True, False
    has_filter = has_formatter = needs_rulegraph = False

    def __post_init__(self) -> None:
        self.running: dict[int, Job] = {}
        self.planned: dict[str, int] = {}
        self.done, self.busy = defaultdict[str, float](float), defaultdict[str, float](float)  # jobs and seconds, by rule
        self.start, self.writing, self.closed = time.monotonic(), threading.RLock(), threading.Event()
        settings = self.common_settings
        self.stream = sys.stdout if settings.stdout else sys.stderr
        self.plain = settings.dryrun or settings.verbose or settings.printshellcmds  # the user wants to see everything
        if not self.plain:
            threading.Thread(target=self._tick, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record, and print it where it is worth a line."""
        with self.writing:
            try:
                event, text = getattr(record, "event", None), self.format(record)
                self._count(event, vars(record))
                shown = event in SHOWN and not text.startswith(CHATTER)
                if text and (self.plain or shown or record.levelno >= logging.WARNING):
                    self._write(f"{text}\n")
                self._draw()
            except Exception:
                self.handleError(record)  # as logging's own handlers: the error is printed, the run goes on

    def close(self) -> None:
        """Remove the line."""
        self.closed.set()
        with self.writing:
            self._write("")
        super().close()

    def _count(self, event: LogEvent | None, found: dict[str, Any]) -> None:
        if event == LogEvent.RUN_INFO:
            self.planned = {rule: jobs for rule, jobs in found["stats"].items() if rule != "total"}
        elif event == LogEvent.JOB_INFO:
            name = " ".join([found["rule_name"], *(found["wildcards"] or {}).values()])
            self.running[found["jobid"]] = Job(found["rule_name"], name, list(found["log"] or []), time.monotonic())
        elif event == LogEvent.JOB_ERROR:
            self.running.pop(found["jobid"], None)
        elif event == LogEvent.JOB_FINISHED and (job := self.running.pop(found["job_id"], None)):
            self.done[job.rule] += 1
            self.busy[job.rule] += time.monotonic() - job.start

    def line(self) -> str:
        """Return the line of progress, "" before the first job."""
        if not self.done and not self.running:
            return ""
        parts = [f"{sum(self.done.values()):.0f} of {sum(self.planned.values())} jobs"]
        if self.running:
            job = max(self.running.values(), key=lambda job: (GUESS[job.rule], -job.start))
            parts.append(": ".join([job.name, *job.lines()[-1:]]))
        return " | ".join(filter(None, [*parts, self.time_left()]))

    def time_left(self) -> str:
        """Return about how long the run still takes, "" while that is unknown.

        A rule's jobs take as long as its jobs so far, or as `GUESS` says; as many jobs run at once as did so far.
        """
        now, busy, done = time.monotonic(), self.busy.copy(), self.done.copy()
        for job in self.running.values():
            busy[job.rule] += now - job.start
            done[job.rule] += job.share()
        seen = [rule for rule in done if done[rule]]
        if not seen or now == self.start:
            return ""
        scale = sum(busy[rule] for rule in seen) / sum(done[rule] * GUESS[rule] for rule in seen)
        each = {rule: busy[rule] / done[rule] if rule in seen else GUESS[rule] * scale for rule in self.planned}
        left = sum(each[rule] * (number - done[rule]) for rule, number in self.planned.items())
        minutes = left / max(1.0, sum(busy.values()) / (now - self.start)) / 60
        if minutes < 1:
            return "under a minute left"
        return f"about {minutes:.0f} min left" if minutes < 90 else f"about {minutes / 60:.1f} h left"

    def _tick(self) -> None:
        while not self.closed.wait(1.0):
            with self.writing:
                self._draw()

    def _draw(self) -> None:
        if not self.plain and not self.closed.is_set():
            self._write(self.line()[: self._columns() - 1])

    def _columns(self) -> int:
        # A shell's COLUMNS, which shutil believes first, may be older than the window.
        try:
            return os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError):
            return shutil.get_terminal_size().columns

    def _write(self, text: str) -> None:
        self.stream.write(text if self.plain else f"\r\x1b[K{text}")
        self.stream.flush()
