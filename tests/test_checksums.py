"""`make verify` names results that are not as they were written, and says how to make them anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from langgeom import checksums
from langgeom.checksums import LISTING, main, record, verify

FILES = [
    "metrics.csv", "figures/fig.svg", "models/m/model.safetensors", "downloads/hub/o--n/0/weights/config.json",
    "downloads/hub/o--n/0/weights.json", "metrics/n/c/eng_Latn.parquet", "metrics/n/c/1.json", "aligned/n/c/eng_Latn.parquet",
]  # fmt: skip


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of results that have been recorded."""
    folder = tmp_path / "results"
    for name in (*FILES, "logs/x.log", "benchmarks/x.tsv", "cache/x", "site/x", ".x.1-0.tmp", "models/m/.snakemake_timestamp"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        os.utime(folder / name, (1, 1))
    record(folder)
    return folder


def test_the_listing_is_that_of_sha256sum(results: Path) -> None:
    assert sorted(line.split("  ")[1] for line in (results / LISTING).read_text().splitlines()) == sorted(FILES)
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", LISTING], cwd=results, check=True)
    assert verify(results) == {} and main(results) == 0


def test_what_is_damaged_or_missing_is_named_with_the_cure(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (results / "metrics.csv").unlink()
    for name in (FILES[2], FILES[3], FILES[7]):
        (results / name).write_text("changed")
        os.utime(results / name, (1, 1))  # a bit that flips keeps the time
    assert verify(results) == {"metrics.csv": "missing", **dict.fromkeys((FILES[2], FILES[3], FILES[7]), "damaged")}
    assert main(results) == 1
    said = capsys.readouterr().out
    assert f"missing: {results}/metrics.csv\n" in said and f"damaged: {results}/{FILES[2]}\n" in said
    removed = [
        "models/m",
        "metrics/m",
        "aligned/m",
        "tokens/m",
        "hidden/m",
        FILES[3],
        "aligned/n/c/eng_Latn.parquet",
        FILES[5],
        "metrics.csv",
    ]
    forced = ["models/m", "downloads/hub/o--n/0/weights.json", "metrics/n/c/1.json", "metrics.csv"]
    assert set(said.split("rm -rf ")[1].split("\n")[0].split()) == {f"{results}/{name}" for name in removed}
    assert set(said.split('make ARGS="--forcerun ')[1].split('"')[0].split()) == {f"{results}/{name}" for name in forced}


def test_only_what_was_written_since_is_read_again(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (results / FILES[1]).write_text("damaged")
    os.utime(results / FILES[1], (1, 1))
    time.sleep(0.01)
    (results / "metrics.csv").write_text("made anew")
    (results / "new.csv").write_text("new")
    (results / FILES[3]).unlink()
    read: list[str] = []
    monkeypatch.setattr(checksums, "sha256", lambda path: read.append(path.name) or "0")
    record(results)
    assert sorted(read) == ["metrics.csv", "new.csv"]
    monkeypatch.undo()
    assert verify(results) == {"metrics.csv": "damaged", "new.csv": "damaged", FILES[1]: "damaged"}


def test_without_a_listing_it_says_when_there_will_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path) == 1
    assert LISTING in capsys.readouterr().out
