"""A disk that is full, too small or read-only: one message, nothing half done, and the next run goes on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runs import TARGETS, Run, results_of
from study import Study
from unavailable import unavailable

pytestmark = pytest.mark.workflow
MIB = 1 << 20
# From the last stage to the first: what is asked for, what of it is removed before, and the bytes that are left on the disk.
STAGES: list[tuple[str, list[str], int]] = [
    ("fig01", [f"figures/id_by_layer.{kind}" for kind in ("svg", "png", "csv")], 0),
    ("table", ["metrics", "hidden", "store", "metrics.parquet", "metrics.csv"], 20_000),
    ("models", ["models"], 60_000),
    ("corpora", ["corpora"], 0),
]


def mount(place: Path, *options: str) -> None:
    """Mount something for a test, or skip it where that is not allowed (in CI, fail)."""
    place.mkdir(exist_ok=True)
    try:
        done = subprocess.run(["mount", *options, str(place)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        unavailable("there is no program mount here")
    if done.returncode:
        unavailable(f"nothing can be mounted here: {done.stdout.strip()}")


@pytest.fixture
def mounted() -> Iterator[Callable[..., None]]:
    """Return `mount`; what it mounted is gone after the test."""
    places: list[Path] = []

    def here(place: Path, *options: str) -> None:
        mount(place, *options)
        places.append(place)

    yield here
    for place in reversed(places):
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, left: int) -> None:
    """Fill a disk but for some bytes."""
    with open(disk / "filler", "wb", buffering=0) as file:
        size = MIB
        while size:
            try:
                file.write(b"\1" * size)
            except OSError:
                size //= 2
        file.truncate(max(0, file.tell() - left))


def test_full(finished: Study, expected: dict[str, bytes], mounted: Callable[..., None]) -> None:
    results = finished.folder / "results"
    kept = results.rename(finished.folder / "kept")
    mounted(results, "-t", "tmpfs", "-o", "size=64m", "none")
    subprocess.run(["cp", "-a", f"{kept}/.", str(results)], check=True)
    for target, lost, left in STAGES:
        for name in lost:
            path = results / name
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        fill(results, left)
        output = Run(finished, target, environment={"LANGGEOM_DISK_UNCHECKED": "1"}).fail()
        assert "disk is full" in output and "free space" in output, f"{target}\n{output}"
        assert not list(results.rglob("*.tmp*")), target
        (results / "filler").unlink()
    Run(finished, *TARGETS).succeed()
    assert results_of(finished) == expected


def test_too_small_is_refused_before_the_first_job(fresh: Callable[[], Study], mounted: Callable[..., None]) -> None:
    study = fresh()
    study.settings["corpora"]["mine"]["token_cap"] = 100_000
    mounted(study.folder / "results", "-t", "tmpfs", "-o", "size=64k", "none")
    output = Run(study, "table").fail()
    assert "GiB free" in output and "LANGGEOM_DISK_UNCHECKED=1" in output
    assert not list((study.folder / "results").rglob("*.txt"))


@pytest.mark.parametrize("place", ["results", "."])
def test_read_only(finished: Study, mounted: Callable[..., None], monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    folder = (finished.folder / place).resolve()
    (finished.folder / "results" / "metrics.csv").unlink()
    finished.write()
    before = results_of(finished)
    mounted(folder, "--bind", str(folder))
    mount(folder, "-o", "remount,bind,ro")
    monkeypatch.setattr(Study, "write", lambda self: None)  # the config is there
    output = Run(finished, "table").fail()
    assert "cannot be written" in output and "make it writable, or run in another folder" in output and output.count("\n") == 1
    assert results_of(finished) == before
