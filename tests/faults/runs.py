"""Runs of a study that can be attacked: start one as `make` does, with a fault at an exact moment, and look at what it left.

A run has a session of its own, so that whatever is left of it can be told and ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import psutil

from langgeom.files import sha256
from langgeom.pages.libraries import D3
from study import ROOT, Study

__all__ = [
    "ALIGNED",
    "EXPLORER",
    "LIBRARY",
    "REPORT",
    "TARGETS",
    "Fault",
    "Run",
    "Undisturbed",
    "check_store",
    "computed",
    "end_session",
    "finish",
    "refused",
    "results_of",
    "temporaries",
]

SECONDS = 900.0
INJECTED = Path(__file__).parent / "injected"
# Every table, and figures drawn from several of them.
TARGETS = ("table", "results/texts.csv", "results/quality.csv", "results/findings.csv", "fig01", "fig07")
# The pages, and all else: what both are made of.
LIBRARY = f"results/downloads/npm/{D3.package}-{D3.version}.tgz"
ALIGNED, EXPLORER, REPORT = "results/aligned/decoder/mine.parquet", "results/explorer.html", "results/report.html"


@dataclass(frozen=True)
class Fault:
    """What happens when a job of a stage does the nth thing to its results (`injected/sitecustomize.py`).

    `act`: "job", "snakemake" or "group" get SIGKILL; "hold": the job waits for `Run.go_on`; "": things are only counted.
    """

    stage: str = ""
    event: int = 0
    act: str = ""


class Run:
    """A run of a study under way, started through `workflow/scripts/run_alone.py`."""

    def __init__(
        self, study: Study, *targets: str, cores: int = 2, fault: Fault | None = None, name: str = "",
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        study.write()
        self.study = study
        # Beside the study: a full disk of its own is not to silence them.
        self.output, self.happening = (study.folder.with_suffix(f".{name}{kind}") for kind in ("output", "fault"))
        settings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | dict(environment)
        if fault:
            self.happening.mkdir(exist_ok=True)
            for path in self.happening.iterdir():
                path.unlink()
            settings["PYTHONPATH"] = str(INJECTED)
            settings["LANGGEOM_FAULT"] = json.dumps({**vars(fault), "folder": str(self.happening)})
        command = [sys.executable, str(ROOT / "workflow" / "scripts" / "run_alone.py"), "--cores", str(cores), *targets]
        with self.output.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                command, cwd=study.folder, env=settings, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def wait(self) -> str:
        """Wait for the run to end well; return what it printed."""
        try:
            assert self.process.wait(SECONDS) == 0, self.printed()
        finally:
            self.kill()
        return self.printed()

    def fail(self) -> str:
        """Wait for the run to end badly, by itself or by its fault; processes that it has left stay. Return what it printed."""
        assert self.process.wait(SECONDS) != 0, self.printed()
        return self.printed()

    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def counted(self) -> dict[str, int]:
        """Return how many moments there are in each stage (in the job with the fewest)."""
        found = defaultdict[str, list[int]](list)
        for path in self.happening.glob("*.*"):
            if path.stem and path.suffix[1:].isdigit():
                found[path.stem].append(int(path.read_text()))
        return {stage: min(numbers) for stage, numbers in found.items()}

    def happened(self) -> bool:
        return (self.happening / "happened").exists()

    def until_held(self) -> None:
        """Wait until a job waits to be let go on."""
        end = time.monotonic() + SECONDS
        while not self.happened():
            assert self.process.poll() is None and time.monotonic() < end, self.printed()
            time.sleep(0.05)

    def go_on(self) -> None:
        (self.happening / "go").touch()

    def kill(self) -> None:
        """Kill all processes of the run, and wait until none is left."""
        end_session(self.process)

    def left(self) -> list[psutil.Process]:
        """Return processes of the run's session that are still there."""
        return in_session(self.process.pid)


def in_session(leader: int) -> list[psutil.Process]:
    """Return the processes of a session that are still there."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_session(leader: subprocess.Popen[bytes]) -> None:
    """Kill a process and all of its session, and wait until none is left; one that left the session would stay."""
    leader.kill()
    leader.wait()
    while left := in_session(leader.pid):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=1)


@dataclass(frozen=True)
class Undisturbed:
    """A study that nothing has happened to, what it gives, and how many moments each stage of it has."""

    study: Study
    results: dict[str, bytes]
    moments: dict[str, int] = field(default_factory=dict)


def finish(study: Study, *targets: str) -> str:
    """Run to the end, whatever the run before it died of."""
    return Run(study, *targets).wait()


def refused(study: Study, *targets: str, environment: Mapping[str, str] = MappingProxyType({})) -> str:
    """Run to a bad end, which is no traceback; return what was printed."""
    run = Run(study, *targets, environment=environment)
    output = run.fail()
    run.kill()
    assert "Traceback" not in output, output
    return output


# All but pictures and the report, which tells how long the run took.
RESULTS = (
    "*.csv", "*.parquet", "findings.md", "explorer.html", "hidden/*/*/*", "metrics/*/*/*", "aligned/*/*", "texts/*/*",
    "corpora/*/*", "figures/*.csv", "downloads/*/*",
)  # fmt: skip


def results_of(study: Study, patterns: tuple[str, ...] = RESULTS) -> dict[str, bytes]:
    """Return the bytes of what a study is judged by: tables, the numbers of figures, and what they are made of."""
    return {name: content for pattern in patterns for name, content in study.files(pattern).items()}


def check_store(study: Study, stage: str) -> int:
    """Assert that whatever has its final name in the store of a stage is whole; return how many results those are."""
    whole = 0
    for path in (study.folder / "results" / "store" / stage).glob("*/*"):
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
    """Return what a killed run left under temporary names in its results."""
    return [path for path in (folder / "results").rglob("*") if ".tmp" in path.name]
