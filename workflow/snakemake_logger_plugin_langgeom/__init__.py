"""Snakemake's `--logger langgeom`: one line of overall progress, kept in place, and above it whatever went wrong.

`make` asks for it where there is a terminal. What Snakemake would have said besides goes to its log file as always
(.snakemake/log), whose name it gives at the end.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from langgeom.progress import Overall

__all__ = ["LogHandler"]

SECONDS = 1.0
# Events that the line stands for.
COUNTED = {
    LogEvent.RUN_INFO, LogEvent.WORKFLOW_STARTED, LogEvent.SHELLCMD, LogEvent.JOB_INFO, LogEvent.JOB_STARTED,
    LogEvent.JOB_FINISHED, LogEvent.GROUP_INFO, LogEvent.RESOURCES_INFO, LogEvent.PROGRESS, LogEvent.RULEGRAPH,
}  # fmt: skip
# How messages begin that say nothing of this run. Any other is shown.
CHATTER = (
    "Assuming unrestricted shared filesystem", "host:", "Building DAG of jobs", "Using shell:", "Provided ", "Rules claiming",
    "Conda environments: ignored", "Singularity containers: ignored", "Group jobs:", "Select jobs to execute",
)  # fmt: skip
CLEAR = "\r\x1b[K"


class LogHandler(LogHandlerBase):
    """Keeps the line, from a thread of its own; messages are printed above it."""

    def __post_init__(self) -> None:
        self.overall = Overall()
        self.stream = sys.stdout if self.common_settings.stdout else sys.stderr
        # What somebody asked to see is shown whole.
        self.plain = self.common_settings.dryrun or self.common_settings.verbose or self.common_settings.printshellcmds
        self.writing = threading.RLock()
        self.ended = threading.Event()
        self.ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
        if not self.plain:
            self.ticker.start()

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record, or print it above the line."""
        with self.writing:
            try:
                self._count(record)
                if self._shown(record):
                    text = self.format(record)
                    if text and text != "None":
                        self._write(f"{CLEAR if not self.plain else ''}{text}\n")
                self._draw()
            except Exception:
                # As every handler of `logging` does: its traceback goes to stderr, and the run goes on.
                self.handleError(record)

    def close(self) -> None:
        """Take the line away; what was printed stays."""
        self.ended.set()
        with self.writing:
            if not self.plain:
                self._write(CLEAR)
        super().close()

    def _count(self, record: logging.LogRecord) -> None:
        found = vars(record)
        event = found.get("event")
        if event == LogEvent.RUN_INFO:
            self.overall.plan({rule: jobs for rule, jobs in found["stats"].items() if rule != "total"})
        elif event == LogEvent.JOB_INFO:
            wildcards = found["wildcards"] or {}
            self.overall.begin(found["jobid"], found["rule_name"], wildcards.get("model", ""), list(found["output"]))
        elif event == LogEvent.JOB_FINISHED:
            self.overall.end(found["job_id"])
        elif event == LogEvent.JOB_ERROR:
            self.overall.end(found["jobid"], well=False)
        elif "texts_by_rule" in found:
            self.overall.serve(found["texts_by_rule"])

    def _shown(self, record: logging.LogRecord) -> bool:
        if self.plain or record.levelno >= logging.WARNING:
            return True
        return getattr(record, "event", None) not in COUNTED and not str(record.msg).startswith(CHATTER)

    def _tick(self) -> None:
        while not self.ended.wait(SECONDS):
            with self.writing:
                if not self.ended.is_set():
                    self._draw()

    def _draw(self) -> None:
        line = "" if self.plain or self.ended.is_set() else self.overall.line()
        if line:
            # A line that is wider than the terminal would not stay in place.
            self._write(f"{CLEAR}{line[: _width(self.stream.fileno()) - 1]}")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _width(descriptor: int) -> int:
    """Return the columns of a terminal, 80 where it does not say."""
    try:
        return os.get_terminal_size(descriptor).columns or 80
    except OSError:
        return 80
