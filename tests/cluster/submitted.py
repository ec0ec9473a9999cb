"""Snakemake on the cluster, by the README's own commands too, and what Slurm knows of its jobs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
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
    command = [sys.executable, "-m", "snakemake", "--profile", "slurm", "--directory", str(study.folder), *arguments]
    return _start(command, ROOT, study.folder / f"output-{time.monotonic_ns()}.txt", os.environ)


def readme() -> list[str]:
    """Return the commands of README's section on clusters, line by line as they are printed."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## On a cluster\n")[1].split("\n## ")[0]
    return section.split("```\n")[1].splitlines()


def working_copy(folder: Path) -> None:
    """Copy what a user checks out to a folder, with the environment of these tests in the place of `make env`'s."""
    unwanted = shutil.ignore_patterns(".*", "results", "tests", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, folder, ignore=unwanted, dirs_exist_ok=True)
    (folder / ".venv").symlink_to(sys.prefix)


def enter(lines: list[str], folder: Path, output: Path, environment: Mapping[str, str] = os.environ) -> Run:
    """Start what a user enters in a shell in a folder, line by line."""
    # Of the tests' own environment nothing is to be active before a line makes it so.
    bare = {key: value for key, value in environment.items() if key not in ("VIRTUAL_ENV", "PATH")}
    path = [part for part in environment["PATH"].split(":") if Path(part) != Path(sys.prefix) / "bin"]
    return _start(["bash", "-e", "-c", "\n".join(lines)], folder, output, {**bare, "PATH": ":".join(path)})


def _start(command: list[str], folder: Path, output: Path, environment: Mapping[str, str]) -> Run:
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "timeout", "-k", "5", "1500", *command],
            cwd=folder,
            env={key: value for key, value in environment.items() if key != "PYTHONPATH"},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Run(process, output)


def jobs() -> list[dict[str, str]]:
    """Return what Slurm knows of each job: JobId, Partition, JobState, TimeLimit, Comment (rule and wildcards), TRES ...

    In the words of Slurm 22.05; newer ones say ReqTRES for TRES, and gres/gpu for gres:gpu.
    """
    blocks = slurm.ask("scontrol", "--oneliner", "show", "job").replace("gres/gpu", "gres:gpu").splitlines()
    found = [dict(word.split("=", 1) for word in block.split() if "=" in word) for block in blocks if "JobId=" in block]
    return [{"TRES": job.get("ReqTRES", ""), **job} for job in found]


def job_of(rule: str) -> str | None:
    """Return the number of the running job of a rule, if there is one; `rule` is a part of its comment."""
    return next((job["JobId"] for job in jobs() if rule in job["Comment"] and job["JobState"] == "RUNNING"), None)
