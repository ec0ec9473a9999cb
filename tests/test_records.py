"""Results are what they were when they were written, or they are removed."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from langgeom.errors import UserError
from langgeom.records import check, drop_damaged, forget, record, settle

A, B, FOLDER = Path("results/a/x.csv"), Path("results/b.csv"), Path("results/models/m")


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    A.parent.mkdir()
    for path in (A, B, FOLDER / "weights"):
        path.write_text("content")
    record([A, B, FOLDER])


def spoil(path: Path, *, silently: bool) -> None:
    times = path.stat()
    path.write_text("CONTENT")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + (0 if silently else 10**9)))


def test_what_is_whole_passes() -> None:
    (FOLDER / ".snakemake_timestamp").touch()  # Snakemake's own
    check([A, B, FOLDER, Path("texts/mine.txt"), Path("/elsewhere/results/x")], threads=2)
    assert drop_damaged(Path("results")) == []
    os.utime(A, (1, 1))  # touched: its bytes are the same
    assert drop_damaged(Path("results")) == []
    assert Path("results/records/a/x.csv.txt").read_text().split()[2] == str(10**9)


@pytest.mark.parametrize("silently", [True, False])
def test_what_has_changed_is_refused_and_removed(silently: bool) -> None:
    spoil(A, silently=silently)
    spoil(FOLDER / "weights", silently=silently)
    with pytest.raises(UserError, match=r"^results/a/x\.csv, results/models/m: the bytes are not those that were written"):
        check([A, B, FOLDER])
    assert not A.exists() and not FOLDER.exists() and B.exists()
    with pytest.raises(UserError, match=r"^results/a/x\.csv, results/models/m: "):
        check([A, B, FOLDER])  # another job, which was to read them too
    assert [path.name for path in Path("results/records").rglob("*.txt")] == ["b.csv.txt"]


def test_a_kill_while_it_is_removed_leaves_nothing_unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(FOLDER / "weights", silently=True)
    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".txt":
            raise KeyboardInterrupt
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as context, pytest.raises(KeyboardInterrupt):
        context.setattr(Path, "unlink", killed)
        check([FOLDER])
    assert not Path("results/models/m").exists()
    assert Path("results/records/models/m.txt").exists()


def test_jobs_that_find_the_same_damage_at_once_all_refuse() -> None:
    spoil(FOLDER / "weights", silently=True)
    for number in range(200):
        (FOLDER / str(number)).touch()

    def refused(_: int) -> bool:
        with pytest.raises(UserError):
            check([FOLDER])
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(refused, range(4))) == [True] * 4
    assert not FOLDER.exists()


def test_before_a_run_only_what_changed_is_read() -> None:
    spoil(A, silently=True)  # found where it is used
    spoil(B, silently=False)
    (FOLDER / "more").touch()
    (FOLDER / "weights").unlink()
    assert sorted(drop_damaged(Path("results"))) == [B, FOLDER]
    assert A.exists() and not B.exists() and not FOLDER.exists()


def test_times_that_snakemake_sets_at_the_end_of_a_job_are_taken_over() -> None:
    os.utime(A, (1, 1))
    settle(Path("results"), since=0.0)
    spoil(A, silently=True)
    assert drop_damaged(Path("results")) == []  # its bytes were not looked at
    os.utime(B, (1, 1))
    settle(Path("results"), since=Path("results/records/b.csv.txt").stat().st_mtime + 1)  # recorded before this run
    spoil(B, silently=True)
    assert drop_damaged(Path("results")) == [B]


def test_what_is_written_anew_is_not_held_against_its_old_record() -> None:
    forget([A])
    spoil(A, silently=False)
    check([A])
    record([A])
    check([A])
    assert drop_damaged(Path("results")) == []


def test_a_damaged_record_vouches_for_nothing() -> None:
    Path("results/records/b.csv.txt").write_text("")
    with pytest.raises(UserError, match=r"^results/b\.csv: the bytes"):
        check([A, B])
    Path("results/records/a/x.csv.txt").write_bytes(b"\xff")
    assert drop_damaged(Path("results")) == [A]


@pytest.mark.parametrize("path", ["../first/results/x.csv", "first/results/x.csv", "results/../first/results/x.csv"])
def test_results_of_another_study_are_not_recorded_and_never_removed(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("second/results").mkdir(parents=True)
    if path.startswith(".."):
        monkeypatch.chdir("second")
    other = Path(path)
    other.parent.resolve().mkdir(parents=True, exist_ok=True)
    other.write_text("content")
    before = sorted(Path().rglob("*.txt"))
    record([other])
    spoil(other, silently=False)
    check([other])
    assert other.read_text() == "CONTENT" and sorted(Path().rglob("*.txt")) == before
    assert not (other.parent / "records" / "x.csv.txt").exists()
