"""What a run took, from benchmarks as Snakemake writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from langgeom.report.costs import Cost, costs
from langgeom.report.parts import bytes_words, count, duration

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def bench(folder: Path, name: str, *jobs: tuple[float, str]) -> None:
    path = folder / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(f"{seconds}\t0:00:01\t{memory}\t1\t1\t1\t1\t1\t1\t1\n" for seconds, memory in jobs))


def test_jobs_are_added_up_by_stage_in_the_order_of_the_workflow(tmp_path: Path) -> None:
    bench(tmp_path, "hidden/dec/my_texts_1", (100.0, "900.5"))
    bench(tmp_path, "hidden/dec/my_texts_2", (50.5, "1200.0"))
    bench(tmp_path, "wheel/some-1.0.0", (2.0, "NA"))
    bench(tmp_path, "npm_package/d3-7.9.2", (1.0, "-"))
    bench(tmp_path, "conclusions", (3.0, "200"))
    bench(tmp_path, "corpus/my_texts/eng_Latn", (0.5, "10"))
    assert costs(tmp_path, {"dec"}, {"my_texts"}) == [
        Cost("Fetching", 2, 3.0, 2.0, None),
        Cost("Aligning texts", 1, 0.5, 0.5, 10.0),
        Cost("Hidden states", 2, 150.5, 100.0, 1200.0),
        Cost("Joining tables, testing conclusions", 1, 3.0, 3.0, 200.0),
    ]


def test_what_earlier_runs_left_of_others_is_passed_over(tmp_path: Path) -> None:
    for name in ("hidden/old/mine_1", "hidden/dec/gone_1", "model/old", "corpus/gone/eng_Latn", "metrics/dec/gone_1", "page"):
        bench(tmp_path, name, (9.0, "9"))
    bench(tmp_path, "model/dec", (1.0, "5"))
    bench(tmp_path, "aligned/dec/mine", (2.0, "6"))
    assert [cost.seconds for cost in costs(tmp_path, {"dec"}, {"mine"})] == [1.0, 2.0]
    assert costs(tmp_path / "none", {"dec"}, {"mine"}) == []


@pytest.mark.parametrize(
    "seconds,said", [(0.44, "0.4 s"), (10, "10 s"), (59.6, "1 min 00 s"), (131.95, "2 min 12 s"), (3900, "1 h 05 min")]
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_sizes_and_counts() -> None:
    assert [bytes_words(512.4), bytes_words(1024), bytes_words(1843.2)] == ["512 MiB", "1.0 GiB", "1.8 GiB"]
    assert [count(12_345), count(134_515_008), count(6_738_415_616)] == ["12,345", "135 M", "6.74 B"]
