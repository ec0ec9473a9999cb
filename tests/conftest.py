"""How several processes share the tests: what takes long first, and all that look at the finished study in one of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as jobs (workflow/scripts/_job.py), before torch is imported

ROOT = Path(__file__).parents[1]
WORKFLOW = "tests/workflow/"
# Those that look at the study that has run through once (`finished` in tests/workflow): each process would run its own.
FINISHED = frozenset(
    f"{WORKFLOW}test_{name}.py" for name in ("elsewhere", "plan", "quickstart", "runs", "site", "snakemake_report", "verify")
)
LONG = frozenset({f"{WORKFLOW}test_default.py", *(f"tests/faults/test_{name}.py" for name in ("kills", "disk"))})


def file_of(item: pytest.Item) -> str:
    """Return the file of a test as the ids of tests have it, from the root."""
    return item.path.relative_to(ROOT).as_posix()


def order(file: str) -> int:
    """Return a number by which long files come first: the group, the other long ones, what runs Snakemake, the rest."""
    return [file in FINISHED, file in LONG, file.startswith(WORKFLOW), True].index(True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long tests first, so that processes end together; pytest itself sorts what it is given by name."""
    looking = {file_of(item) for item in items if "finished" in getattr(item, "fixturenames", ())}
    if unknown := {file for file in looking if file.startswith(WORKFLOW)} - FINISHED:
        raise pytest.UsageError(f"{', '.join(sorted(unknown))}: uses `finished`; add it to FINISHED in tests/conftest.py")
    items.sort(key=lambda item: order(file_of(item)))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return a scheduler that keeps a file together, and FINISHED as if it were one file."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            # There is one Slurm on a machine at a time.
            return "finished" if file in FINISHED else "cluster" if file.startswith("tests/cluster/") else file

    return Together(config, log) if config.getvalue("dist") == "loadfile" else None
