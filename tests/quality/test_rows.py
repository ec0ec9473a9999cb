"""The quality table: measured on the corpus, published, and by lm-evaluation-harness (files as 0.4.9 writes them)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from langgeom.errors import UserError
from langgeom.quality.rows import (
    best_layers,
    harness_rows,
    matching,
    measured,
    published,
    published_names,
    read_harness,
    read_scores,
    write_quality,
)
from langgeom.table import METRICS, QUALITY, read_table, write_rows

TEXTS = ["eng_Latn", "arb_Arab", "cmn_Hans", "cmn_Hant", "spa_Latn", "swh_Latn", "spa_Latn_x"]
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


def row(**changes: Any) -> dict[str, Any]:
    base = dict(model="m", kind="decoder", init="trained", corpus="c", text="fra_Latn", lang="fra", script="Latn")
    return base | dict(layer=0, metric="retrieval", over="sentence", value=0.5, low=0.4, high=0.6, n=58, dropped=0) | changes


def metrics(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in METRICS.columns.items()}
    )


def accuracies(text: str, values: list[float], **changes: Any) -> list[dict[str, Any]]:
    return [
        row(text=text, lang=text[:3], script=text[4:8], layer=layer, value=value, low=value - 0.1, high=value + 0.1, **changes)
        for layer, value in enumerate(values)
    ]


def test_the_layer_best_on_average_is_taken_for_all_languages() -> None:
    # Alone, French would choose layer 1 and Russian layer 3.
    table = metrics(accuracies("fra_Latn", [0.1, 0.9, 0.8, 0.2]) + accuracies("rus_Cyrl", [0.1, 0.2, 0.7, 0.8]))
    assert best_layers(table, "eng_Latn") == {("m", "c"): 2}
    rows = measured(table, "eng_Latn")
    assert [(r["text"], r["value"], r["low"], r["high"], r["n"]) for r in rows] == [
        ("fra_Latn", 0.8, pytest.approx(0.7), pytest.approx(0.9), 58),
        ("rus_Cyrl", 0.7, pytest.approx(0.6), pytest.approx(0.8), 58),
    ]
    assert {(r["quality"], r["origin"], r["source"]) for r in rows} == {
        ("retrieval", "measured", "layer 2 of 3, the best on average over languages")
    }


def test_the_reciprocal_rank_has_its_own_layer() -> None:
    ranks = accuracies("fra_Latn", [0.9, 0.2], metric="reciprocal_rank")
    found = measured(metrics(accuracies("fra_Latn", [0.1, 0.5]) + ranks), "eng_Latn")
    assert {(row["quality"], row["value"], row["source"][:7]) for row in found} == {
        ("retrieval", 0.5, "layer 1"), ("reciprocal_rank", 0.9, "layer 0")
    }  # fmt: skip


def test_the_reference_and_its_varieties_do_not_vote() -> None:
    own = accuracies("eng_Latn", [1.0, 1.0]) + accuracies("eng_Latn_scot", [1.0, 0.0])
    table = metrics(own + accuracies("fra_Latn", [0.1, 0.2]))
    assert best_layers(table, "eng_Latn") == {("m", "c"): 1}
    assert [r["text"] for r in measured(table, "eng_Latn")] == ["fra_Latn"]


def test_ties_go_to_the_first_layer_and_gaps_are_not_asked() -> None:
    table = metrics(accuracies("fra_Latn", [0.3, 0.6, 0.6, 0.9]) + accuracies("rus_Cyrl", [0.3, 0.6, 0.6, float("nan")]))
    assert best_layers(table, "eng_Latn") == {("m", "c"): 1}


def test_models_and_corpora_choose_for_themselves() -> None:
    table = metrics(
        accuracies("fra_Latn", [0.1, 0.9]) + accuracies("fra_Latn", [0.9, 0.1], model="n")
        + accuracies("fra_Latn", [0.5, 0.1], corpus="d")
    )  # fmt: skip
    assert best_layers(table, "eng_Latn") == {("m", "c"): 1, ("n", "c"): 0, ("m", "d"): 0}


def test_bits_per_character_are_those_of_the_table_the_reference_too() -> None:
    table = metrics([row(metric="bpc", over="text", layer=None, text=text, value=v) for text, v in
                     (("eng_Latn", 1.0), ("fra_Latn", 2.0), ("rus_Cyrl", float("nan")))])  # fmt: skip
    rows = measured(table, "eng_Latn")
    assert [(r["text"], r["quality"], r["value"]) for r in rows] == [("eng_Latn", "bpc", 1.0), ("fra_Latn", "bpc", 2.0)]


def test_corpora_of_pairs_give_no_row() -> None:
    pairs = [
        row(metric="bpc", over="text", layer=None, text=text, lang="eng", corpus="errors", value=1.0)
        for text in ("eng_Latn", "eng_Latn_wrong", "eng_Latn_wrongTense")
    ]
    # With another reference, retrieval among them is no quality of English either.
    table = metrics(pairs + accuracies("eng_Latn", [0.5], corpus="errors") + accuracies("fra_Latn", [0.5]))
    assert [(r["corpus"], r["text"]) for r in measured(table, "spa_Latn")] == [("c", "fra_Latn")]


def test_nothing_measured_gives_no_row() -> None:
    assert measured(metrics([row(metric="id_twonn", over="token")]), "eng_Latn") == []


def test_scores_of_a_model_go_to_texts_of_their_language_and_script() -> None:
    rows = published("mine", "Phi-3.5-mini-instruct", TEXTS)
    table = {row["text"]: row for row in rows if row["harness"] == "Phi-3.5 card, multilingual MMLU"}
    assert {text: row["value"] for text, row in table.items()} == {
        "arb_Arab": pytest.approx(0.442), "cmn_Hans": pytest.approx(0.526), "spa_Latn": pytest.approx(0.626),
    }  # fmt: skip
    for row in rows:
        assert row["model"] == "mine" and row["origin"] == "published" and row["quality"] == "mmlu" and row["shots"] == 5
        assert row.get("low") is row.get("high") is row["n"] is None
        assert row["source"] == "model card of microsoft/Phi-3.5-mini-instruct"


def test_english_is_of_another_harness_than_the_translations() -> None:
    by_harness = {score["lang"]: score["harness"] for score in read_scores() if score["model"] == "Phi-3.5-mini-instruct"}
    assert by_harness["eng"] != by_harness["deu"] and len(set(by_harness.values())) == 2


def test_the_file_holds_both_tables() -> None:
    assert published_names() == [
        "Phi-3.5-mini-instruct", "Phi-3-mini-128k-instruct", "Llama-3.1-8B-Instruct", "Gemma-2-9B-it",
        "Llama-3.2-1B-Instruct", "Llama-3.2-3B-Instruct",
    ]  # fmt: skip
    scores = {(score["model"], score["lang"]): score["value"] for score in read_scores()}
    keys = [(score["model"], score["harness"], score["lang"], score["script"]) for score in read_scores()]
    assert len(set(keys)) == len(keys) and all(0 < value < 1 for value in scores.values())
    assert scores["Gemma-2-9B-it", "ukr"] == pytest.approx(0.62)
    assert scores["Phi-3-mini-128k-instruct", "arb"] == pytest.approx(0.354)
    assert scores["Llama-3.2-1B-Instruct", "por"] == pytest.approx(0.3982)
    assert scores["Llama-3.2-3B-Instruct", "tha"] == pytest.approx(0.445)
    assert len(scores) == 4 * 9 + 1 + 2 * 7
    assert len({score["harness"] for score in read_scores()}) == 3


def test_chinese_is_one_language_under_two_codes() -> None:
    assert matching(["zho_Hans", "zho_Hant", "cmn_Hans"], "cmn", "Hans") == ["zho_Hans", "cmn_Hans"]
    assert matching(["zho_Hans", "zho_Hant", "jpn_Jpan"], "cmn") == ["zho_Hans", "zho_Hant"]
    assert matching(["cat_Latn_vale1252"], "cat") == []


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"Did you mean 'Phi-3.5-mini-instruct'"):
        published("m", "Phi-3.5-mini-instruc", TEXTS)


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


def test_all_origins_in_one_table(tmp_path: Path) -> None:
    base = dict(model="m", kind="decoder", init="trained", corpus="c", n=58, low=0.1, high=0.9, over="sentence")
    spanish, english = dict(text="spa_Latn", lang="spa", script="Latn"), dict(text="eng_Latn", lang="eng", script="Latn")
    rows = [base | spanish | dict(layer=layer, metric="retrieval", value=value) for layer, value in enumerate((0.2, 0.6, 0.4))]
    rows += [base | text | dict(layer=None, metric="bpc", over="text", value=1.5) for text in (spanish, english)]
    write_rows(rows, tmp_path / "metrics.parquet")
    (tmp_path / "m.json").write_text(json.dumps({"results": {"m_mmlu_es": {"acc,none": 0.5}}}), encoding="utf-8")

    def make(name: str) -> Path:
        write_quality(
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
    write_quality(tmp_path / "metrics.parquet", *out, reference="eng_Latn", texts=["eng_Latn"], names={}, runs={})
    assert read_table(out[0], QUALITY).empty
