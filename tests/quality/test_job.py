"""The quality table: every origin in it, each row whose it is, the same bytes for the same inputs."""

from __future__ import annotations

import json
from pathlib import Path

from langgeom.quality.job import quality_job
from langgeom.table import QUALITY, read_table, write_rows


def test_all_origins_in_one_table(tmp_path: Path) -> None:
    base = dict(model="m", kind="decoder", init="trained", corpus="c", n=58, low=0.1, high=0.9, over="sentence")
    spanish, english = dict(text="spa_Latn", lang="spa", script="Latn"), dict(text="eng_Latn", lang="eng", script="Latn")
    rows = [base | spanish | dict(layer=layer, metric="retrieval", value=value) for layer, value in enumerate((0.2, 0.6, 0.4))]
    rows += [base | text | dict(layer=None, metric="bpc", over="text", value=1.5) for text in (spanish, english)]
    write_rows(rows, tmp_path / "metrics.parquet")
    (tmp_path / "m.json").write_text(json.dumps({"results": {"m_mmlu_es": {"acc,none": 0.5}}}), encoding="utf-8")

    def make(name: str) -> Path:
        quality_job(
            tmp_path / "metrics.parquet", tmp_path / f"{name}.parquet", tmp_path / f"{name}.csv", reference="eng_Latn",
            texts=["eng_Latn", "spa_Latn"], names={"m": "Phi-3.5-mini-instruct"},
            runs={"m": (tmp_path / "m.json", {"m_mmlu_es": "spa"})},
        )  # fmt: skip
        return tmp_path / f"{name}.parquet"

    table = read_table(make("one"), QUALITY)
    found = {(r.text, r.quality, r.origin): r.value for r in table.itertuples()}
    assert found == {
        ("spa_Latn", "retrieval", "measured"): 0.6, ("spa_Latn", "bpc", "measured"): 1.5, ("eng_Latn", "bpc", "measured"): 1.5,
        ("spa_Latn", "mmlu", "published"): 0.626, ("eng_Latn", "mmlu", "published"): 0.69, ("spa_Latn", "mmlu", "harness"): 0.5,
    }  # fmt: skip
    assert table[table["origin"] == "measured"]["corpus"].eq("c").all()
    assert table[table["origin"] != "measured"]["corpus"].isna().all()
    assert make("two").read_bytes() == (tmp_path / "one.parquet").read_bytes()
    assert (tmp_path / "one.csv").read_text().startswith(",".join(QUALITY.columns))


def test_nothing_to_say_is_an_empty_table(tmp_path: Path) -> None:
    row = dict(model="m", kind="decoder", init="trained", corpus="c", text="eng_Latn", lang="eng", script="Latn", layer=0)
    write_rows([row | dict(metric="id_twonn", over="token", value=1.0, n=9)], tmp_path / "metrics.parquet")
    out = tmp_path / "q.parquet", tmp_path / "q.csv"
    quality_job(tmp_path / "metrics.parquet", *out, reference="eng_Latn", texts=["eng_Latn"], names={}, runs={})
    assert read_table(out[0], QUALITY).empty
