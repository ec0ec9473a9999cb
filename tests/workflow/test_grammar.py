"""A corpus of pairs goes the whole way: its texts, the paired differences, and figure 3; figures of languages leave it out."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from study import Study

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def study(fresh: Callable[[], Study]) -> Study:
    study = fresh()
    study.settings["models"] = {"decoder": {"folder": "decoder"}}
    study.settings["texts_per_job"] = 20
    study.settings["corpora"]["mine"]["texts"] = ["spa_Latn", "uig_Latn"]
    study.settings["corpora"]["errors"] = {"grammar": {"generate": {"pairs": 36}}, "min_lines": 3, "token_cap": 4096}
    study.settings["reference"] = "spa_Latn"
    study.settings["metrics"] = {"token": ["id_microscope", "id_twonn", "anisotropy"]}
    study.run("table", "fig03", "fig01")
    return study


def test_texts_are_parallel(study: Study) -> None:
    texts = {name: content.decode().splitlines() for name, content in study.files("corpora/errors/*.txt").items()}
    assert len(texts) == 14 and {len(lines) for lines in texts.values()} == {36}


def test_differences_are_measured_where_there_are_pairs(study: Study) -> None:
    table = pd.read_parquet(study.folder / "results" / "metrics.parquet")
    rows = table[table["metric"].str.endswith("_difference")]
    assert set(rows["corpus"]) == {"errors"} and set(rows["over"]) == {"token"}
    assert rows["text"].nunique() == 13 and "eng_Latn" not in set(rows["text"])
    whole = rows[rows["text"] == "eng_Latn_wrong"]
    assert set(whole["n"]) == {36} and set(whole["dropped"]) == {0}
    # Of the embeddings too few are distinct.
    whole = whole[whole["layer"] > 0]
    assert len(whole) == 4 and whole["value"].notna().all()
    assert set(rows[rows["text"] == "eng_Latn_wrongTense"]["n"]) == {3}
    # All sentences are whole in both, so the paired difference is that of the texts' own dimensions.
    own = table[(table["metric"] == "id_twonn") & (table["corpus"] == "errors")].set_index(["model", "layer", "text"])["value"]
    for row in whole[whole["metric"] == "id_twonn_difference"].itertuples():
        expected = own[row.model, row.layer, "eng_Latn_wrong"] - own[row.model, row.layer, "eng_Latn"]
        assert row.value == pytest.approx(expected, rel=1e-9)


def test_the_reference_of_pairs_is_the_correct_text(study: Study) -> None:
    table = pd.read_parquet(study.folder / "results" / "metrics.parquet")
    kl = table[(table["metric"] == "kl_mean") & (table["layer"] == 1)].set_index(["corpus", "text", "model"])["value"]
    assert abs(kl["errors", "eng_Latn", "decoder"]) < 1e-9 < kl["errors", "eng_Latn_wrong", "decoder"]
    assert abs(kl["mine", "spa_Latn", "decoder"]) < 1e-9 < kl["mine", "uig_Latn", "decoder"]


def test_figures(study: Study) -> None:
    drawn = pd.read_csv(study.folder / "results" / "figures" / "id_grammar.csv")
    assert set(drawn["corpus"]) == {"errors"} and drawn["error"].nunique() == 12
    languages = pd.read_csv(study.folder / "results" / "figures" / "id_by_layer.csv")
    assert set(languages["corpus"]) == {"mine"}
    assert "Nothing to be done" in study.run("table", "fig03")
