"""The reader of lm-evaluation-harness's results, on a file laid out as version 0.4.9 writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langgeom.errors import UserError
from langgeom.quality.harness import CODES, harness_rows, language_of, read_harness

RESULTS: dict[str, Any] = {
    "results": {
        "global_mmlu_full_ar": {"alias": "global_mmlu_full_ar", "acc,none": 0.31, "acc_stderr,none": 0.01},
        "global_mmlu_full_ar_stem": {"alias": " - stem", "acc,none": 0.29, "acc_stderr,none": 0.02},
        "m_mmlu_zh": {"alias": "m_mmlu_zh", "acc,none": 0.995, "acc_stderr,none": 0.005},
        "m_mmlu_de": {"alias": "m_mmlu_de", "acc,none": 0.4, "acc_stderr,none": "N/A"},
        "gsm8k": {"alias": "gsm8k", "exact_match,strict-match": 0.1},
    },
    "groups": {"global_mmlu_full_ar": {"alias": "global_mmlu_full_ar", "acc,none": 0.31, "acc_stderr,none": 0.01}},
    "group_subtasks": {
        "global_mmlu_full_ar": ["global_mmlu_full_ar_stem", "global_mmlu_full_ar_other"],
        "global_mmlu_full_ar_stem": ["ar_a", "ar_b"],
        "global_mmlu_full_ar_other": ["ar_c"],
        "m_mmlu_zh": [],
    },
    "n-shot": {"ar_a": 5, "ar_b": 5, "ar_c": 5, "m_mmlu_zh": 0},
    "n-samples": {
        "ar_a": {"original": 100, "effective": 10}, "ar_b": {"original": 200, "effective": 20},
        "ar_c": {"original": 300, "effective": 30}, "m_mmlu_zh": {"original": 13000, "effective": 13000},
    },
    "config": {"model": "hf", "model_sha": "abc123"},
    "lm_eval_version": "0.4.9",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "m.json").write_text(json.dumps(RESULTS), encoding="utf-8")
    return tmp_path / "m.json"


def test_a_group_counts_its_tasks_questions(path: Path) -> None:
    (row,) = read_harness(path, {"global_mmlu_full_ar": "arb"})
    assert row == {
        "task": "global_mmlu_full_ar", "lang": "arb", "value": 0.31, "low": pytest.approx(0.31 - 0.0195996),
        "high": pytest.approx(0.31 + 0.0195996), "n": 60, "shots": 5, "revision": "abc123",
        "harness": "lm-evaluation-harness 0.4.9, global_mmlu_full",
    }  # fmt: skip


def test_intervals_stay_between_0_and_1_and_are_missing_without_an_error(path: Path) -> None:
    chinese, german = read_harness(path, {"m_mmlu_zh": "cmn", "m_mmlu_de": "deu"})
    assert chinese["high"] == 1.0 and chinese["low"] == pytest.approx(0.995 - 0.0098)
    assert (chinese["n"], chinese["shots"], chinese["harness"]) == (13000, 0, "lm-evaluation-harness 0.4.9, m_mmlu")
    assert german["low"] is None and german["high"] is None and german["n"] is None and german["shots"] is None


def test_rows_are_those_of_the_texts_in_the_tasks_languages(path: Path) -> None:
    texts = ["arb_Arab", "cmn_Hans", "cmn_Hant", "spa_Latn"]
    rows = harness_rows("mine", path, {"global_mmlu_full_ar": "arb", "m_mmlu_zh": "cmn_Hans", "m_mmlu_de": "deu_Latn"}, texts)
    assert [(row["text"], row["lang"], row["script"], row["source"]) for row in rows] == [
        ("arb_Arab", "arb", "Arab", "task global_mmlu_full_ar"), ("cmn_Hans", "cmn", "Hans", "task m_mmlu_zh"),
    ]  # fmt: skip
    assert {(row["model"], row["origin"], row["quality"]) for row in rows} == {("mine", "harness", "mmlu")}


def test_the_code_that_ends_a_task_names_its_text() -> None:
    assert language_of("global_mmlu_full_sw") == "swh_Latn" and language_of("m_mmlu_uk") == "ukr_Cyrl"
    assert language_of("hellaswag") is None
    assert len(set(CODES.values())) == len(CODES)


def test_mistakes_are_named(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no task 'm_mmlu_zz'.*Did you mean 'm_mmlu_zh'"):
        read_harness(path, {"m_mmlu_zz": "zzz"})
    with pytest.raises(UserError, match=r"'gsm8k' has no accuracy \(acc\); it has alias, exact_match"):
        read_harness(path, {"gsm8k": "eng"})
    with pytest.raises(UserError, match="it does not exist"):
        read_harness(tmp_path / "none.json", {})
    (tmp_path / "half.json").write_text('{"results": ', encoding="utf-8")
    with pytest.raises(UserError, match="no results file of lm_eval"):
        read_harness(tmp_path / "half.json", {})
