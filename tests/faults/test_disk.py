"""A disk that is full, and one that cannot be written: one message, nothing half done, and the next run goes on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runs import ALIGNED, EXPLORER, LIBRARY, REPORT, TARGETS, Undisturbed, finish, refused, results_of, temporaries
from study import Study
from tally import Tally
from unavailable import unavailable

pytestmark = [pytest.mark.workflow, pytest.mark.faults]
MIB = 1 << 20
# Each stage from the last to the first: what is asked for, what of it is removed before, and the bytes left on the disk.
STAGES: list[tuple[str, str, list[str], int]] = [
    ("report", REPORT, ["report.html"], 0),
    ("report, late", REPORT, ["report.html"], 30_000),
    ("explorer", EXPLORER, ["explorer.html"], 0),
    ("explorer, late", EXPLORER, ["explorer.html"], 60_000),
    ("downloads", LIBRARY, ["downloads"], 0),
    ("downloads, late", LIBRARY, ["downloads"], 200_000),
    # One figure's files: the records of all, which the run drops before, would make room for it.
    ("figure", "fig01", [f"figures/id_by_layer.{kind}" for kind in ("svg", "png", "csv")], 0),
    ("figure, late", "fig07", [f"figures/kl_mean.{kind}" for kind in ("svg", "png", "csv")], 40_000),
    ("findings", "results/findings.csv", ["findings.parquet", "findings.csv", "findings.md"], 0),
    ("quality", "results/quality.csv", ["quality.parquet", "quality.csv"], 0),
    ("joining texts", "results/texts.csv", ["texts.parquet", "texts.csv"], 0),
    ("joining metrics", "table", ["metrics.parquet", "metrics.csv"], 8192),
    ("measures of texts", "results/texts.csv", ["texts"], 0),
    ("metrics", "table", ["metrics", "store/metrics"], 0),
    ("aligned", ALIGNED, ["aligned"], 0),
    ("hidden states", "table", ["hidden", "store/hidden"], 0),
    ("hidden states, late", "table", ["hidden", "store/hidden"], 250_000),
    ("models", "models", ["models"], 0),
    ("models, late", "models", ["models"], 60_000),
    ("corpora", "corpora", ["corpora"], 0),
]


def mount(place: Path, *options: str) -> None:
    """Mount something for a test, or skip it where that is not allowed (in CI, fail)."""
    place.mkdir(exist_ok=True)
    try:
        done = subprocess.run(["mount", *options, str(place)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        unavailable("there is no mount here, so no disk of a test's own")
    if done.returncode:
        unavailable(f"a disk of the test's own cannot be mounted here: {done.stdout.strip()}")


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
    """Fill a disk, and then free some bytes of it."""
    with open(disk / "filler", "wb", buffering=0) as file:
        size = MIB
        while size:
            try:
                file.write(b"\1" * size)
            except OSError:
                size //= 2
        file.truncate(max(0, file.tell() - left))


def test_full_in_each_stage(finished: Study, undisturbed: Undisturbed, mounted: Callable[..., None], tally: Tally) -> None:
    results = finished.folder / "results"
    kept = results.rename(finished.folder / "kept")
    mounted(results, "-t", "tmpfs", "-o", "size=64m", "none")
    subprocess.run(["cp", "-a", f"{kept}/.", str(results)], check=True)
    unchecked = {"LANGGEOM_DISK_UNCHECKED": "1"}
    for stage, target, lost, left in STAGES:
        for name in lost:
            path = results / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        fill(results, left)
        output = refused(finished, target, environment=unchecked)
        assert "disk" in output and "full" in output and "free space" in output, f"{stage}\n{output}"
        assert temporaries(finished.folder) == [], stage
        tally(f"a full disk: {stage.split(',')[0]}", 1, detected=1)
        (results / "filler").unlink()
    finish(finished, *TARGETS, REPORT)
    assert results_of(finished) == undisturbed.results


def test_what_does_not_fit_is_refused_beforehand(
    fresh: Callable[[], Study], mounted: Callable[..., None], tally: Tally
) -> None:
    study = fresh()
    mounted(study.folder / "results", "-t", "tmpfs", "-o", "size=300k", "none")
    output = refused(study, "table")
    assert "The results take about" in output and "Free space, lower hidden.token_cap" in output
    assert not list((study.folder / "results").rglob("*.txt"))
    tally("a disk that is too small for what was asked", 1, detected=1)


@pytest.mark.parametrize("place", ["results", "."])
def test_read_only(
    finished: Study, mounted: Callable[..., None], monkeypatch: pytest.MonkeyPatch, place: str, tally: Tally
) -> None:
    folder = (finished.folder / place).resolve()
    (finished.folder / "results" / "metrics.csv").unlink()
    finished.write()
    before = results_of(finished)
    mounted(folder, "--bind", str(folder))
    mount(folder, "-o", "remount,bind,ro")
    monkeypatch.setattr(Study, "write", lambda self: None)  # the config is there
    output = refused(finished, "table")
    assert output == f"{folder} cannot be written, and results are kept there: make it writable, or run in another folder.\n"
    assert results_of(finished) == before
    tally("a folder that cannot be written", 1, detected=1)
