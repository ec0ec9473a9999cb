"""Snakemake runs the whole way, does nothing twice, and redoes just what a change determines."""

from __future__ import annotations

import html
from collections.abc import Callable

import pandas as pd
import pytest

from langgeom.figures.catalogue import FIGURES, reason_of
from langgeom.findings import CONCLUSIONS
from langgeom.table import TABLES, read_table
from study import Study

pytestmark = pytest.mark.workflow
NOTHING = "Nothing to be done"


def test_every_model_text_layer_and_metric_has_a_row(finished: Study) -> None:
    table = read_table(finished.folder / "results" / "metrics.parquet")
    assert set(table["text"]) == set(finished.settings["corpora"]["mine"]["texts"])
    by_layer = table[table["layer"].notna()]
    sizes = by_layer.groupby(["model", "text", "metric", "over"])["layer"].agg(["min", "max", "size"])
    for model, layers in (("decoder", 2), ("decoder-untrained", 2), ("encoder", 2)):
        rows = sizes.loc[model]
        # 9 metrics of a cloud and 14 of aligned texts for each of the 4 texts; 4 that the head of a decoder that scores text
        # reads, but none of the reference's tokens in the reference itself
        assert len(rows) == 4 * 25 + (4 * 4 - 1 if model == "decoder" else 0)
        assert (rows["min"] == 0).all() and (rows["max"] == layers).all() and (rows["size"] == layers + 1).all()
    assert list(table[table["metric"] == "bpc"]["model"].unique()) == ["decoder"]
    reference = table[(table["text"] == "eng_Latn") & table["metric"].str.startswith("kl_")]
    assert (reference["value"].abs() < 1e-9).all()
    assert not table[table["metric"] == "anisotropy"]["value"].isna().any()


def test_every_text_has_its_measures(finished: Study) -> None:
    table = pd.read_parquet(finished.folder / "results" / "texts.parquet")
    assert set(table["text"]) == set(finished.settings["corpora"]["mine"]["texts"])
    assert table.groupby("text")["measure"].nunique().eq(4).all()
    assert not table[table["measure"] == "morphemes_per_word"]["value"].isna().any()


def test_all_pairs_of_texts_are_compared_at_three_layers(finished: Study) -> None:
    table = read_table(finished.folder / "results" / "pairs.parquet", TABLES["pairs"])
    assert set(table["model"]) == set(finished.settings["models"]) and set(table["layer"]) == {0, 1, 2}
    counts = table.groupby(["model", "layer", "metric"]).size().unstack()
    assert counts["cka"].eq(6).all() and counts["retrieval"].eq(12).all()  # of four texts
    assert set(table["n"]) == {24} and table[table["metric"] != "clade_support"]["value"].notna().all()


def test_every_figure_is_drawn(finished: Study) -> None:
    for name in FIGURES:
        for kind, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("csv", b"")):
            content = (finished.folder / "results" / "figures" / f"{name}.{kind}").read_bytes()
            assert content.startswith(start) and len(content) > 10


def test_again_there_is_nothing_to_do(finished: Study) -> None:
    assert NOTHING in finished.run()


def test_a_deleted_figure_is_redrawn_alone(finished: Study) -> None:
    before = finished.files("figures/*")
    (finished.folder / "results" / "figures" / "id_by_layer.svg").unlink()
    output = finished.run("fig01")
    assert "rule figure" in output
    assert output.count("rule ") == 2, output  # the figure, and the target's own name
    assert finished.files("figures/*") == before
    assert NOTHING in finished.run()


def test_a_figure_by_its_file_name(finished: Study) -> None:
    assert NOTHING in finished.run("results/figures/id_by_layer.svg")


def test_a_new_language_runs_alone(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["models"] = {"decoder": {"folder": "decoder"}}
    asked = "table", "results/pairs.csv"
    study.run(*asked)
    before = study.files("metrics/*/*/*.parquet") | study.files("hidden/*/*/*")
    study.settings["corpora"]["mine"]["texts"].insert(0, "rus_Cyrl")  # every batch shifts
    study.run(*asked)
    after = study.files("metrics/*/*/*.parquet") | study.files("hidden/*/*/*")
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2
    logs = "".join(path.read_text() for path in (study.folder / "results" / "logs" / "measure").rglob("*.log"))
    # Jobs of a run write their logs anew: the second run measured the new text alone.
    assert logs.count(" measured in ") == 1 and ": rus_Cyrl measured in " in logs
    assert "2 of 3 texts are finished already" in logs and "eng_Latn: run in" in logs
    table = read_table(study.folder / "results" / "metrics.parquet")
    assert "rus_Cyrl" in set(table["text"])
    pairs = read_table(study.folder / "results" / "pairs.parquet", TABLES["pairs"])
    assert {"rus_Cyrl", "eng_Latn"} <= {*pairs["text"], *pairs["other"]}
    assert NOTHING in study.run(*asked)


@pytest.fixture(scope="module")
def little(fresh: Callable[[], Study]) -> Study:
    """A study of one encoder and three languages, none in two scripts, without a set of grammar, run on one core."""
    study = fresh()
    study.settings["models"] = {"encoder": {"folder": "encoder"}}
    study.settings["corpora"]["mine"]["texts"] = ["eng_Latn", "spa_Latn", "rus_Cyrl"]
    study.run(cores=1)
    return study


def test_single_core(little: Study, finished: Study) -> None:
    one, two = (read_table(study.folder / "results" / "metrics.parquet") for study in (little, finished))
    one, two = (
        table[(table["model"] == "encoder") & table["text"].isin(["eng_Latn", "spa_Latn"])].reset_index(drop=True)
        for table in (one, two)
    )
    assert one["layer"].notna().sum() == 2 * 25 * 3
    ends = ["low", "high"]
    pd.testing.assert_frame_equal(one.drop(columns=ends), two.drop(columns=ends), rtol=1e-5, atol=1e-8)
    # The ends of an interval are quantiles of replicates, which carry rounding further than the value itself does.
    pd.testing.assert_frame_equal(one[ends], two[ends], rtol=1e-4, atol=1e-8)


# What such a study cannot draw, and a word of the reason.
LACKING = {
    "id_two_scripts": "in two scripts", "id_grammar": "grammar", "id_encoder_decoder": "no decoder",
    "anisotropy_untrained": "no untrained decoder", "anisotropy_trained": "no trained decoder",
    "anisotropy_two_scripts": "in two scripts", "id_anisotropy_models": "decoder", "bpc_quality": "bits per character",
    "id_scales": "id_gride", "linearity": "'linearity'", "steps": "checkpoints",
    "lens": "lens_own", "behind": "12 languages", "behind_centroids": "12 languages",
    "parity": "trained decoder",
}  # fmt: skip


def test_what_a_little_study_cannot_draw_or_test_is_listed_with_the_reason(little: Study) -> None:
    results = little.folder / "results"
    reasons = {name: reason_of((results / "figures" / f"{name}.svg").read_bytes()) for name in FIGURES}
    assert {name for name, reason in reasons.items() if reason} == set(LACKING)
    page = html.unescape((results / "report.html").read_text(encoding="utf-8"))
    for name, word in LACKING.items():
        assert word in reasons[name] and f"nothing to draw: {reasons[name]}" in page
        assert (results / "figures" / f"{name}.csv").read_text().count("\n") == 1  # names of columns alone
    found = read_table(results / "findings.parquet", TABLES["findings"])
    assert sorted(found["finding"], key=lambda name: int(name[1:])) == list(CONCLUSIONS)
    assert set(found["verdict"]) == {"not testable"} and found["reason"].str.len().gt(0).all()
    said = (results / "findings.md").read_text(encoding="utf-8")
    assert all(reason in said for reason in found["reason"])
    assert "only 3" in found.set_index("finding")["reason"]["C11"]
