"""What a run took, from benchmarks as Snakemake writes them."""

from __future__ import annotations

from pathlib import Path

from langgeom.report.run import Cost, costs

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def bench(folder: Path, name: str, *jobs: tuple[float | str, str]) -> None:
    path = folder / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(f"{seconds}\t0:00:01\t{memory}\t1\t1\t1\t1\t1\t1\t1\n" for seconds, memory in jobs))


def test_jobs_are_added_up_by_stage_in_the_order_of_the_workflow(tmp_path: Path) -> None:
    bench(tmp_path, "measure/dec/my.texts.1", (100.0, "900.5"))
    bench(tmp_path, "measure/dec/my.texts.2", (50.5, "1200.0"), ("NA", "7"))
    bench(tmp_path, "package/pypi/some-1.0.0.whl", (2.0, "NA"))
    bench(tmp_path, "package/npm/echarts-6.1.0.tgz", (1.0, "-"))
    bench(tmp_path, "conclusions", (3.0, "200"))
    bench(tmp_path, "corpus/my.texts/eng_Latn", (0.5, "10"))
    assert costs(tmp_path, {"dec"}, {"my.texts"}) == [
        Cost("Fetching", 2, 3.0, 2.0, None),
        Cost("Aligning texts", 1, 0.5, 0.5, 10.0),
        Cost("Running models and measuring", 2, 150.5, 100.0, 1200.0),
        Cost("Joining tables, testing conclusions", 1, 3.0, 3.0, 200.0),
        Cost("All", 6, 157.0, 100.0, 1200.0),
    ]


def test_what_earlier_runs_left_of_others_is_passed_over(tmp_path: Path) -> None:
    for name in ("measure/old/mine.1", "measure/dec/gone.1", "model/old", "corpus/gone/eng_Latn", "hidden/dec/mine_1", "page"):
        bench(tmp_path, name, (9.0, "9"))
    bench(tmp_path, "model/dec", (1.0, "5"))
    bench(tmp_path, "measure/dec/mine.12", (2.0, "6"))
    bench(tmp_path, "measure/dec/mine.2.1", (4.0, "6"))  # a corpus of this name
    assert [cost.seconds for cost in costs(tmp_path, {"dec"}, {"mine", "mine.2"})] == [1.0, 6.0, 7.0]
    assert costs(tmp_path / "none", {"dec"}, {"mine"}) == []
