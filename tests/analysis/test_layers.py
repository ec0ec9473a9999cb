"""One median over layers, for figures and findings: a text that lacks a layer has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from defaults import settings
from figures.drawn import draw
from figures.synthetic import synthetic
from findings.planted import DECODER, ID, evidence_of, parts, qualities, rows
from langgeom.analysis.layers import complete, median_over_layers, medians
from langgeom.analysis.rows import by_layer
from langgeom.findings import CONCLUSIONS, Evidence, findings
from langgeom.table import FINDINGS

RELATED = ["spa ast", "por glg", "ita vec", "cat oci", "fra hat", "deu ltz", "nld lim", "ces szl"]
TEXTS = [f"{lang}_Latn" for pair in RELATED for lang in pair.split()]
FEW = "ast_Latn"
NONE = pd.DataFrame(columns=list(FINDINGS.columns)).astype({"effect": str})


def dimensions() -> pd.DataFrame:
    return by_layer(
        synthetic(models=["gemma-3-270m", "minilm-l6"], texts=["eng_Latn", "fra_Latn", "spa_Latn"]), "id_microscope"
    )


def test_the_embedding_does_not_count() -> None:
    table = dimensions()
    table.loc[table["layer"] == 0, ["value", "low", "high"]] = 90_000.0
    found = median_over_layers(table).set_index(["model", "text"])
    wanted = table[table["layer"] > 0].groupby(["model", "text"])[["value", "low", "high"]].median()
    pd.testing.assert_frame_equal(found[["value", "low", "high"]], wanted.loc[found.index])
    assert found["layers"].groupby("model").first().to_dict() == {"gemma-3-270m": 18, "minilm-l6": 6}
    assert median_over_layers(table[table["layer"] == 0]).empty and median_over_layers(table.iloc[:0]).empty


def test_a_text_that_lacks_a_layer_has_no_median() -> None:
    table = dimensions()
    table.loc[(table["text"] == "fra_Latn") & (table["layer"] == 3), "n"] = 99
    table = table[(table["text"] != "spa_Latn") | (table["layer"] != 5)]
    assert set(complete(table, 100)["text"]) == {"eng_Latn"} and set(complete(table)["text"]) == {"eng_Latn", "fra_Latn"}
    found = median_over_layers(table, 100)
    assert found.groupby("text")["value"].count().to_dict() == {"eng_Latn": 2, "fra_Latn": 0, "spa_Latn": 0}
    # A layer that no text has is no layer of the model.
    assert median_over_layers(table[table["layer"] != 5])["value"].notna().all()


def test_only_the_intrinsic_dimension_needs_points() -> None:
    table = synthetic(models=["minilm-l6"], texts=["eng_Latn"]).assign(n=50).astype({"n": "Int32"})
    assert medians(table, "id_twonn", settings())["value"].isna().all()
    for metric, chosen in (("anisotropy", settings()), ("id_twonn", settings(id="id_microscope"))):
        assert medians(table, metric, chosen)["value"].notna().all()


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """One model with 6 layers; a text has too few points at layers 3 to 5, where its values are far from the others."""
    noise = np.random.default_rng(0)
    names = np.array(TEXTS, dtype=object)
    curves = np.tile(15 + noise.normal(size=(len(TEXTS), 1)), (1, 7))
    n = np.full(curves.shape, 2000)
    curves[TEXTS.index(FEW), 3:6], n[TEXTS.index(FEW), 3:6] = 1000, 50
    morphemes = dict(
        text=names, lang="qaa", script="Latn", measure="morphemes_per_word", value=noise.normal(2, 0.2, len(TEXTS))
    )
    bits = noise.normal(5, 1, len(TEXTS))
    table = parts(
        rows(DECODER, ID, TEXTS, curves, n=n.ravel()),
        rows(DECODER, "fertility", TEXTS, np.ones(len(TEXTS)), over="text"),
        rows(DECODER, "bpc", TEXTS, bits, over="text"),
        texts=[morphemes],
        quality=[
            qualities(TEXTS, noise.uniform(0.3, 0.9, len(TEXTS))),
            qualities(TEXTS, bits) | {"quality": "bpc"},
        ],
    )
    return evidence_of({"udhr": table})


def finding(evidence: Evidence, conclusion: str) -> dict[str, Any]:
    (row,) = findings(evidence, [CONCLUSIONS[conclusion]])
    return row


def test_figures_and_findings_rest_on_the_same_numbers(evidence: Evidence) -> None:
    metrics, texts, quality = evidence.metrics, evidence.texts, evidence.quality

    morphology = draw("id_morphology", metrics, texts, NONE)[0].numbers
    points = morphology[morphology["shown"] == "text"]
    row = finding(evidence, "C4")
    assert set(points["text"]) == set(TEXTS) - {FEW} and row["n"] == len(points)
    assert row["value"] == pytest.approx(spearmanr(points["x"], points["y"]).statistic, rel=1e-12)

    # The low-resource text of a pair comes first.
    logs = np.log(morphology[morphology["shown"] == "pair"]["y"].to_numpy()).reshape(-1, 2)
    row = finding(evidence, "C5")
    assert row["n"] == len(logs) == len(RELATED) - 1
    assert row["value"] == pytest.approx((logs[:, 0] - logs[:, 1]).mean(), rel=1e-12)

    points = draw("id_quality", metrics, quality, NONE)[0].numbers
    row = finding(evidence, "C6")
    assert set(points["text"]) == set(TEXTS) - {FEW} and row["n"] == len(points)
    assert row["value"] == pytest.approx(spearmanr(points["x"], points["y"]).statistic, rel=1e-12)

    bits, row = draw("bpc_quality", metrics, quality, NONE)[0].numbers, finding(evidence, "C14")
    known = {}
    for against, missing in ((ID, {FEW}), ("reciprocal_rank", set())):
        points = bits[bits["against"] == against]
        assert set(points["text"]) == set(TEXTS) - missing
        known[against] = spearmanr(points["x"], points["y"]).statistic, len(points)
    # The row shows the one farther from zero, the note the other.
    assert (row["value"], row["n"]) == pytest.approx(max(known.values(), key=lambda pair: abs(pair[0])), rel=1e-12)
    assert f"{min(known.values(), key=lambda pair: abs(pair[0]))[0]:+.2f}" in row["note"]


def test_the_numbers_are_the_medians(evidence: Evidence) -> None:
    known = evidence.id(("dec", "udhr"))
    assert FEW not in known.index and (known < 100).all()
    points = draw("id_quality", evidence.metrics, evidence.quality, NONE)[0].numbers.set_index("text")["y"]
    assert points.to_dict() == known.to_dict()
