"""A fault at an exact moment of a run: Python imports this by itself in every process that has this folder on PYTHONPATH.

The moment is the nth time that a job of one stage is about to open a file of the results for writing, to rename, link or remove
one (Python's audit events), so it depends neither on a clock nor on looking often enough. What happens then, LANGGEOM_FAULT
says in JSON (`runs.Fault`): SIGKILL to that job, to Snakemake, or to all processes of the run; or the job waits until let go.
"""

import fcntl
import json
import os
import re
import signal
import sys
import time
from typing import Any

EVENTS = ("os.rename", "os.link", "os.remove", "os.mkdir", "shutil.rmtree")
FAULT: dict[str, Any] = json.loads(os.environ.get("LANGGEOM_FAULT", "{}"))
COUNT = 0


def stage() -> str:
    """Return the name of the script that this process runs for Snakemake, "snakemake" for Snakemake itself, else ""."""
    for word in sys.orig_argv[1:5]:
        if match := re.search(r"\.snakemake/scripts/[^/.]+\.(\w+)\.py$", word):
            return match[1]
    return "snakemake" if sys.orig_argv[1:3] == ["-m", "snakemake"] else ""


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Count what the stage does to its results, and let the fault happen when its moment has come."""
    global COUNT
    if event == "open":
        path, _, flags = arguments
        if not flags & (os.O_WRONLY | os.O_RDWR):
            return
    elif event in EVENTS:
        path = arguments[0]
    else:
        return
    if isinstance(path, int) or "results/" not in (path := os.fsdecode(path)):
        return
    COUNT += 1
    note(f"{stage()}.{os.getpid()}", str(COUNT))
    if FAULT["event"] == COUNT and first():
        if event == "open" and ".tmp" in path:  # half a file, as a kill in the middle of writing leaves it
            note(path, "half a file", place="")
        happen()


def note(name: str, text: str, place: str | None = None) -> None:
    """Write a file for the test to see."""
    descriptor = os.open(os.path.join(FAULT["folder"] if place is None else place, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def first() -> bool:
    """Whether no other job of the stage came first."""
    with open(os.path.join(FAULT["folder"], "lock"), "a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(os.path.join(FAULT["folder"], "happened")):
            return False
        note("happened", stage())
        return True


def happen() -> None:
    act = FAULT["act"]
    if act == "job":
        os.kill(os.getpid(), signal.SIGKILL)
    elif act == "group":
        os.killpg(os.getsid(0), signal.SIGKILL)
    elif act == "snakemake":
        with open(os.path.join(FAULT["folder"], "snakemake.pid")) as file:
            os.kill(int(file.read()), signal.SIGKILL)
    elif act == "hold":
        while not os.path.exists(os.path.join(FAULT["folder"], "go")):
            time.sleep(0.05)


if FAULT:
    if stage() == "snakemake" and not os.path.exists(os.path.join(FAULT["folder"], "snakemake.pid")):
        note("snakemake.pid", str(os.getpid()))
    if stage() and FAULT["stage"] in ("", stage()):  # "": only counted
        sys.addaudithook(watch)
