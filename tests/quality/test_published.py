"""Published scores: the file's values, whose they are, which text they belong to; intervals only where n is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from langgeom.errors import UserError
from langgeom.quality.published import binomial, matching, published, published_names, read_scores

HEADER = "model\trevision\tharness\tshots\tlang\tscript\tvalue\tn\tsource\n"
TEXTS = ["eng_Latn", "arb_Arab", "cmn_Hans", "cmn_Hant", "spa_Latn", "swh_Latn", "spa_Latn_x"]


def write(path: Path, *lines: str) -> Path:
    path.write_text("# a note\n" + HEADER + "".join("\t".join(line.split("|")) + "\n" for line in lines), encoding="utf-8")
    return path


def test_scores_of_a_model_go_to_texts_of_their_language_and_script() -> None:
    rows = published("mine", "Phi-3.5-mini-instruct", TEXTS)
    table = {row["text"]: row for row in rows if row["harness"] == "Phi-3.5 card, multilingual MMLU"}
    assert {text: row["value"] for text, row in table.items()} == {
        "arb_Arab": pytest.approx(0.442), "cmn_Hans": pytest.approx(0.526), "spa_Latn": pytest.approx(0.626),
    }  # fmt: skip
    for row in rows:
        assert row["model"] == "mine" and row["origin"] == "published" and row["quality"] == "mmlu" and row["shots"] == 5
        assert row["low"] is None and row["high"] is None and row["n"] is None
        assert row["source"] == "model card of microsoft/Phi-3.5-mini-instruct"


def test_english_is_of_another_harness_than_the_translations() -> None:
    by_harness = {score.lang: score.harness for score in read_scores() if score.model == "Phi-3.5-mini-instruct"}
    assert by_harness["eng"] != by_harness["deu"] and len(set(by_harness.values())) == 2


def test_the_file_holds_both_tables() -> None:
    assert published_names() == [
        "Phi-3.5-mini-instruct", "Phi-3-mini-128k-instruct", "Llama-3.1-8B-Instruct", "Gemma-2-9B-it",
        "Llama-3.2-1B-Instruct", "Llama-3.2-3B-Instruct",
    ]  # fmt: skip
    scores = {(s.model, s.lang): s.value for s in read_scores()}
    assert scores["Gemma-2-9B-it", "ukr"] == pytest.approx(0.62)
    assert scores["Phi-3-mini-128k-instruct", "arb"] == pytest.approx(0.354)
    assert scores["Llama-3.2-1B-Instruct", "por"] == pytest.approx(0.3982)
    assert scores["Llama-3.2-3B-Instruct", "tha"] == pytest.approx(0.445)
    assert len(scores) == 4 * 9 + 1 + 2 * 7
    assert len({s.harness for s in read_scores()}) == 3


def test_chinese_is_one_language_under_two_codes() -> None:
    assert matching(["zho_Hans", "zho_Hant", "cmn_Hans"], "cmn", "Hans") == ["zho_Hans", "cmn_Hans"]
    assert matching(["zho_Hans", "zho_Hant", "jpn_Jpan"], "cmn") == ["zho_Hans", "zho_Hant"]
    assert matching(["cat_Latn_vale1252"], "cat") == []


def test_wilson_interval() -> None:
    peer = pytest.importorskip("statsmodels.stats.proportion", reason="the peer is statsmodels")
    for count, n in ((10, 40), (0, 10), (10, 10), (7, 9)):
        assert binomial(count / n, n) == pytest.approx(peer.proportion_confint(count, n, method="wilson"), abs=1e-12)


def test_an_interval_where_n_is_known(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tsv", "M|r1|H|0|spa|Latn|25|40|card")
    (row,) = published("m", "M", TEXTS, path)
    assert (row["low"], row["high"]) == binomial(0.25, 40) and row["n"] == 40 and row["revision"] == "r1"


@pytest.mark.parametrize(
    ("line", "message"),
    [("M||H|5|spa|Latn|120||c", "value is '120'"), ("M||H|five|spa|Latn|20||c", "shots 'five'"),
     ("M||H|5|spa|Latn|20|0|c", "n '0'"), ("M||H|5|spa|Latn|||c", "value is ''")],
)  # fmt: skip
def test_a_bad_value_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UserError, match=f"s.tsv, M in spa: .*{message}"):
        read_scores(write(tmp_path / "s.tsv", line))


def test_a_repeated_score_and_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="gives M, H, spa, Latn twice"):
        read_scores(write(tmp_path / "s.tsv", "M||H|5|spa|Latn|20||c", "M||H|5|spa|Latn|21||c"))
    (tmp_path / "t.tsv").write_text("model\tvalue\nM\t1\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"has the columns model, value"):
        read_scores(tmp_path / "t.tsv")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"Did you mean 'Phi-3.5-mini-instruct'"):
        published("m", "Phi-3.5-mini-instruc", TEXTS)
