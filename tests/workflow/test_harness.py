"""lm-evaluation-harness run by its rule, on a task of local files, into the table of quality."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pandas as pd
import pytest

from local_task import the_harness, write_task
from study import Study

pytestmark = pytest.mark.workflow


def test_the_harness_feeds_the_table_of_quality(fresh: Callable[[], Study], monkeypatch: pytest.MonkeyPatch) -> None:
    the_harness()
    study = fresh()
    study.settings["models"] = {"decoder": {"folder": "decoder"}}
    # Tasks whose names end as those of m_mmlu do: that is how their harness is told apart.
    for task in ("m_mmlu_es", "m_mmlu_en"):
        write_task(study.folder / "tasks", task)
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}  # the harness wants one
    (study.folder / "decoder" / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    study.settings["quality"] = {
        "harness": {
            "models": ["decoder"], "shots": 1, "limit": 4, "include": "tasks",
            "tasks": {"m_mmlu_es": "spa_Latn", "m_mmlu_en": "eng"},
        }
    }  # fmt: skip
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_TOKEN", "hf_MARKERthatMustNeverBeWritten")
    study.run("results/quality.parquet")
    rows = pd.read_parquet(study.folder / "results" / "quality.parquet")
    run = rows[rows["origin"] == "harness"]
    assert sorted(run["text"]) == ["eng_Latn", "spa_Latn"] and set(run["model"]) == {"decoder"}
    assert set(run["n"]) == {4} and set(run["shots"]) == {1} and run["value"].between(0, 1).all()
    results = study.folder / "results"
    written = [path for path in results.rglob("*") if path.is_file()]
    assert not [path for path in written if b"hf_MARKER" in path.read_bytes()]
    assert (results / "logs" / "harness" / "decoder.log").read_text(encoding="utf-8")
    # A changed task of the user's own is asked again.
    assert "Nothing to be done" in study.run("results/quality.parquet")
    shutil.copy(study.folder / "tasks" / "m_mmlu_es_dev.json", study.folder / "tasks" / "more.json")
    assert "rule harness" in study.run("results/quality.parquet", "-n")
