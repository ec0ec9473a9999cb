"""Snakemake on the cluster, as the README says, and what Slurm knows of its jobs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import slurm
from study import ROOT, Study


@dataclass
class Run:
    """Snakemake at work on the cluster."""

    process: subprocess.Popen[bytes]
    output: Path

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def until(self, done: Callable[[], object], seconds: float = 400) -> None:
        """Wait for something to happen while this runs."""
        end = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end, self.text()
            time.sleep(0.2)

    def end(self, status: int) -> str:
        """Wait for the end and return what a user saw."""
        assert self.process.wait() == status, self.text()
        assert "Traceback" not in self.text(), self.text()
        return self.text()


def submit(study: Study, *arguments: str) -> Run:
    """Start `snakemake --profile slurm` in the checkout, for a study of its own folder."""
    study.write()
    output = study.folder / f"output-{time.monotonic_ns()}.txt"
    command = [sys.executable, "-m", "snakemake", "--profile", "slurm", "--directory", str(study.folder), *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "timeout", "-k", "5", "900", *command],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Run(process, output)


def jobs() -> list[dict[str, str]]:
    """Return what Slurm knows of each job: JobId, Partition, JobState, TimeLimit, Comment (rule and wildcards), TRES ..."""
    blocks = slurm.ask("scontrol", "--oneliner", "show", "job").splitlines()
    return [dict(word.split("=", 1) for word in block.split() if "=" in word) for block in blocks if "JobId=" in block]


def job_of(rule: str) -> str | None:
    """Return the number of the running job of a rule, if there is one; `rule` is a part of its comment."""
    return next((job["JobId"] for job in jobs() if rule in job["Comment"] and job["JobState"] == "RUNNING"), None)
