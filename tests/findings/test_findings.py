"""What cannot be tested says why; corrections, verdicts, the table, the page and the picture agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from defaults import settings as defaults
from figures.synthetic import synthetic
from findings.planted import DECODER, ENCODER, ID, PLANTED, SECOND, evidence_of, flat, parts, rows, texts, typed
from langgeom.analysis.typology import bound_markers
from langgeom.figures.drawing import render
from langgeom.findings import CONCLUSIONS, Evidence, findings
from langgeom.findings.outcome import (
    ALIKE,
    CONTRADICTED,
    NO_EVIDENCE,
    NOT_TESTABLE,
    SUPPORTED,
    VERDICTS,
    Outcome,
    correlation_of,
    mean_of,
)
from langgeom.findings.verdict import findings_job, judge
from langgeom.table import FINDINGS, METRICS, PAIRS, QUALITY, TEXTS, read_table, write_rows

LANGUAGES = ["eng_Latn", "spa_Latn", "ast_Latn", "rus_Cyrl", "bel_Cyrl", "tur_Latn", "crh_Latn", "fin_Latn", "vie_Latn",
             "swh_Latn", "uig_Latn", "uig_Arab"]  # fmt: skip


def put(metrics: pd.DataFrame, **settings: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in findings(Evidence(metrics, typed([], TEXTS), typed([], QUALITY), typed([], PAIRS), defaults(**settings))):
        found.setdefault(row["finding"], []).append(row)
    assert list(found) == list(CONCLUSIONS)
    assert all((row["verdict"] == NOT_TESTABLE) == bool(row["reason"]) for some in found.values() for row in some)
    return found


def why(found: dict[str, list[dict[str, Any]]], conclusion: str) -> str:
    assert {row["verdict"] for row in found[conclusion]} == {NOT_TESTABLE}
    return " ".join(row["reason"] for row in found[conclusion])


def test_a_single_model() -> None:
    found = put(synthetic(models=["gemma-3-270m"], texts=LANGUAGES))
    assert "no trained encoder" in why(found, "C7") and "no trained encoder" in why(found, "C11")
    assert "no untrained twin" in why(found, "C10")
    assert "no two trained decoders" in why(found, "C13")
    assert "no corpus of grammatical" in why(found, "C3")
    assert "morphemes" in why(found, "C4")
    assert "no quality" in why(found, "C6")
    (bits,) = found["C14"]
    assert bits["verdict"] == NO_EVIDENCE and "no quality" in bits["note"] and bits["p_for"] == 1
    assert "halves" in why(found, "C1")


def test_an_encoder_alone() -> None:
    found = put(synthetic(models=["minilm-l6"], texts=LANGUAGES))
    assert "no trained decoder" in why(found, "C7") and "no trained decoder" in why(found, "C10")
    assert "no trained decoder" in why(found, "C14")


def test_only_untrained_models() -> None:
    found = put(synthetic(models=["gemma-3-270m-untrained"], texts=LANGUAGES))
    assert {row["verdict"] for some in found.values() for row in some} == {NOT_TESTABLE}


def test_no_language_in_two_scripts() -> None:
    found = put(synthetic(texts=LANGUAGES[:10]))
    for conclusion in ("C2", "C9", "C12"):
        assert "no languages in Latin and Arabic script" in why(found, conclusion)


def test_one_pair_of_scripts_gives_its_effect_and_no_verdict() -> None:
    table = synthetic(models=["gemma-3-270m"], texts=LANGUAGES)
    for row in put(table)["C2"]:
        chosen = table[(table["metric"] == ID) & (table["layer"] > 0)]
        medians = chosen.groupby("text")["value"].median()
        assert row["value"] == pytest.approx(medians["uig_Latn"] - medians["uig_Arab"])
        assert row["verdict"] == NOT_TESTABLE and "Uyghur" in row["note"]
        assert "languages in Latin and Arabic script, and has only 1" in row["reason"]


def test_three_languages() -> None:
    found = put(synthetic(texts=LANGUAGES[:3]))
    assert {row["verdict"] for some in found.values() for row in some} == {NOT_TESTABLE}
    assert "languages" in why(found, "C7") and "only 3" in why(found, "C7")


def test_one_layer() -> None:
    table = synthetic(texts=LANGUAGES)
    found = put(table[table["layer"].isna() | (table["layer"] == 0)].reset_index(drop=True))
    assert "no intrinsic dimension" in why(found, "C7") and "no anisotropy" in why(found, "C10")


def test_nothing_at_all() -> None:
    found = put(typed([], METRICS))
    assert {row["verdict"] for some in found.values() for row in some} == {NOT_TESTABLE}


def test_too_few_points_are_no_intrinsic_dimension() -> None:
    found = put(synthetic(models=["gemma-3-270m"], texts=LANGUAGES).assign(n=50).astype({"n": "Int32"}))
    assert "no intrinsic dimension" in why(found, "C1")


@pytest.mark.parametrize("alike", [4, 12])
def test_rounding_does_not_order_languages(alike: int) -> None:
    # Softmaxes of `alike` languages are one-hot: their divergences differ by rounding, which follows the other's order.
    some = np.arange(12.0)
    one_hot = np.where(some < alike, 1.0608 + 1e-6 * some, 2 + some)
    values = {"kl_mean_whole": one_hot, "kl_positions": 300 + some, "kl_length": some}
    kl = [rows(DECODER, metric, texts(12), flat(v), over="sentence") for metric, v in values.items()]
    found = findings(evidence_of({"": parts(*kl)}), [CONCLUSIONS["C8"]])[0]
    if alike == 12:
        assert found["verdict"] == NOT_TESTABLE and "kl_mean_whole is zero or as in another text in 12 of 12" in found["reason"]
    else:
        # The four share a rank: Spearman's correlation with one tie of four among twelve.
        expected = pd.Series([2.5] * 4 + [*range(5, 13)]).corr(pd.Series(range(1, 13)))
        assert found["value"] == pytest.approx(expected, abs=1e-12)


def test_rounding_is_no_difference_of_scripts() -> None:
    names = texts(8, "Latn", "Arab")
    values = np.where(np.arange(16) % 2, 1.0608, 1.0608 + 1e-6)  # the Latin one higher in each language, by rounding
    kl = rows(DECODER, "kl_mean", names, flat(values), over="sentence")
    found = findings(evidence_of({"": parts(kl)}), [CONCLUSIONS["C9"]])[0]
    assert found["verdict"] == NOT_TESTABLE and "in 16 of 16" in found["reason"]


def test_error_types_are_told() -> None:
    row = findings(evidence_of({"mine": PLANTED["C3"](np.random.default_rng(0), "present")}), [CONCLUSIONS["C3"]])[0]
    assert "tense" in row["note"] and row["unit"] == "pairs" and row["n"] == 2000


def test_two_models_are_compared_by_name_whatever_their_depth() -> None:
    shape = np.linspace(0, 1, 9)
    curves = [np.tile(shape, (8, 1)), np.tile(shape[::2], (8, 1))]
    world = parts(*(rows(m, ID, texts(8), 9 + c) for m, c in zip((DECODER, SECOND), curves, strict=True)))
    found = findings(evidence_of({"mine": world}, compare=["dec", "other"]), [CONCLUSIONS["C13"]])
    row = next(row for row in found if "intrinsic" in row["effect"])
    assert (row["model"], row["n"]) == ("dec / other", 8) and row["value"] == pytest.approx(1)
    assert findings(evidence_of({"mine": world}), [CONCLUSIONS["C13"]])[0]["verdict"] == NOT_TESTABLE


def test_two_scripts_are_one_language() -> None:
    world = parts(rows(ENCODER, "anisotropy", texts(8, "Latn", "Arab"), flat(np.full(16, 0.2))))
    assert findings(evidence_of({"mine": world}), [CONCLUSIONS["C11"]])[0]["n"] == 8


def test_a_mean_counts_each_family_once() -> None:
    values = pd.Series(dict(spa=1.0, rus=2, hin=6, tur=1, crh=2, fin=2, vie=4, swh=1.5))
    families = [3, 1.5, 2, 4, 1.5]
    found = mean_of("", values, 1, centre=0.5)
    known = stats.ttest_1samp(families, 0.5)
    assert (found.n, found.families) == (8, 5) and found.value.value == pytest.approx(np.mean(families))
    assert found.p_for == pytest.approx(known.pvalue) and found.p_against == 1
    assert found.value[1:] == pytest.approx(tuple(known.confidence_interval()))
    d = (np.mean(families) - 0.5) / np.std(families, ddof=1)
    assert found.shown(found.value.value) == pytest.approx(d / np.sqrt(1 + d * d))
    few = mean_of("", values[["spa", "rus", "hin", "tur", "crh", "fin"]], 1)
    assert not few.testable and "families" in few.reason and "only 3" in few.reason
    assert few.value.value == pytest.approx(np.mean([3, 1.5, 2]))


def test_a_correlation_counts_languages_for_what_they_are_worth() -> None:
    noise = np.random.default_rng(2)
    x, y = (pd.Series(v, index=[text[:3] for text in texts(30)]) for v in noise.normal(size=(2, 30)))
    alone = correlation_of("", x, y, claimed=0, bound=0.3)
    known = stats.spearmanr(x, y)
    assert alone.value.value == pytest.approx(known.statistic) and alone.p_against == pytest.approx(known.pvalue, abs=0.02)
    # Two families, each with a number of its own.
    names = ["spa", "por", "ita", "cat", "fra", "deu", "nld", "ces", "tur", "crh", "uig", "azj", "kaz", "kir", "tat", "uzn"]
    family = np.repeat([0.0, 20.0], 8)
    related = [pd.Series(family + v, index=names) for v in noise.normal(size=(2, 16))]
    found = correlation_of("", *related, claimed=1, centre=ALIKE)
    assert not found.testable and "tell only as much as" in found.reason and found.value.value > 0.6


def outcome(p_for: float, p_against: float, **more: Any) -> Outcome:
    return Outcome("effect", p_for=p_for, p_against=p_against, **more)


def test_the_correction_is_over_one_corpus() -> None:
    one = [outcome(0.02, 1, corpus="a"), outcome(1, 0.04, corpus="a"), outcome(1, 0.04, corpus="b")]
    assert judge(one) == [(0.04, SUPPORTED), (0.04, CONTRADICTED), (0.04, CONTRADICTED)]
    assert [verdict for _, verdict in judge([outcome(0.03, 1, corpus="a")] * 2)] == [NO_EVIDENCE] * 2
    lacking = outcome(0.001, 1, corpus="a", reason="why not")
    assert [verdict for _, verdict in judge([lacking, outcome(0.04, 1, corpus="a")])] == [NOT_TESTABLE, SUPPORTED]


def test_an_effect_too_small_to_matter_supports_a_claim_of_none() -> None:
    assert judge([outcome(0.01, 0.001)]) == [(0.001, SUPPORTED)]


def test_the_table_the_page_and_the_picture(tmp_path: Path) -> None:
    metrics = synthetic(texts=LANGUAGES)
    unread = metrics[(metrics["model"] == "gemma-3-270m") & (metrics["text"] == "fin_Latn") & (metrics["metric"] == "bpc")]
    metrics = pd.concat([metrics, unread.assign(metric="fragment_tokens", value=0.3)], ignore_index=True)
    for of, table in ((METRICS, metrics), *((of, typed([], of)) for of in (TEXTS, QUALITY, PAIRS))):
        write_rows(table.astype(object).where(table.notna(), None).to_dict("records"), tmp_path / f"{of.name}.parquet", of)
    tables = [tmp_path / f"{of.name}.parquet" for of in (METRICS, TEXTS, QUALITY, PAIRS)]
    out = [tmp_path / f"findings.{suffix}" for suffix in ("parquet", "csv", "md")]
    findings_job(*tables, defaults(), *out)
    before = [path.read_bytes() for path in out]
    findings_job(*tables, defaults(), *out)
    assert [path.read_bytes() for path in out] == before
    table = read_table(out[0], FINDINGS)
    assert set(table["verdict"]) <= set(VERDICTS) and set(table["finding"]) == set(CONCLUSIONS)
    assert len(pd.read_csv(out[1])) == len(table)
    words = out[2].read_text(encoding="utf-8")
    for conclusion in CONCLUSIONS.values():
        assert f"## {conclusion.id}. {conclusion.claim}" in words
    assert words.index("## C2.") < words.index("## C10.") and not re.search(r"\bnan\b", words)
    assert f"models ran in {defaults().dtype}" in words and "in this pair of models" in words
    assert "**gemma-3-270m** on udhr: fin_Latn (30 % unknown or fragment tokens)." in words
    pictures = [tmp_path / f"drawn.{suffix}" for suffix in ("svg", "png", "csv")]
    render("findings", [out[0]], defaults(), *pictures)
    drawn = pd.read_csv(pictures[2], float_precision="round_trip")
    key = ["finding", "model", "corpus", "effect"]
    both = drawn.merge(table, on=key, suffixes=("", "_table"))
    assert len(both) == len(table) and (both["verdict"] == both["verdict_table"]).all()
    pd.testing.assert_series_equal(both["shown"], both["shown_table"], check_names=False)
    picture = pictures[0].read_text(encoding="utf-8")
    assert all(conclusion.claim in picture for conclusion in CONCLUSIONS.values())


def test_morphology_is_told_by_grambank_too() -> None:
    langs = ["eng", "fra", "rus", "tur", "fin", "vie", "swh", "hin", "jpn", "kor", "arb", "cat", "por"]
    names, markers = [f"{lang}_Latn" for lang in langs], bound_markers(langs).to_numpy()
    about = dict(text=np.array(names, dtype=object), lang="qaa", script="Latn", measure="morphemes_per_word", value=2 - markers)
    world = parts(rows(DECODER, ID, names, flat(15 + markers)), texts=[about])
    (row,) = (row for row in findings(evidence_of({"udhr": world})) if row["finding"] == "C4")
    assert "13 languages" in row["note"] and "it is +1.00" in row["note"] and "there -1.00" in row["note"]
