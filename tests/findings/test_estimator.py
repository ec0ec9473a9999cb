"""What a finding says beside its verdict: the same test without copies, and the untrained twin; and whose quality it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from findings.planted import DECODER, ENCODER, LAYERS, PLANTED, TWIN, evidence_of, flat, parts, rows, texts
from langgeom.analysis.quality import choose
from langgeom.findings import CONCLUSIONS, Evidence, findings
from langgeom.findings.outcome import CONTRADICTED, NO_EVIDENCE, SUPPORTED, Outcome

N = 12


def copied(drop: int = 200) -> dict[str, Any]:
    """An encoder below a decoder by an estimator that copies raise in the decoder, above it by one that drops them."""
    noise = np.random.default_rng(0)
    language = noise.normal(20, 1, N)
    low, high = (language * np.exp(by + 0.02 * noise.normal(size=N)) for by in (-0.4, 0.1))
    # A share of 0 to `drop` in 2,000 points, at the embedding all the more.
    dropped = np.tile(np.linspace(0, drop, N).astype(int)[:, None], (1, LAYERS))
    dropped[:, 0] = 1999
    return {
        "mine": parts(
            rows(DECODER, "id_microscope", texts(N), flat(language), n=2000 - dropped.ravel(), dropped=dropped.ravel()),
            rows(DECODER, "id_twonn", texts(N), flat(language)),
            rows(ENCODER, "id_microscope", texts(N), flat(low)),
            rows(ENCODER, "id_twonn", texts(N), flat(high)),
        )
    }


def of(conclusion: str, evidence: Evidence) -> list[dict[str, Any]]:
    return findings(evidence, [CONCLUSIONS[conclusion]])


def test_a_row_says_what_the_estimator_without_copies_gives() -> None:
    row = of("C7", evidence_of(copied()))[0]
    other = of("C7", evidence_of(copied(), id="id_twonn"))[0]
    assert row["verdict"] == SUPPORTED and row["value"] < -0.35 and other["verdict"] == CONTRADICTED
    gives = f"{other['value']:+.2f} [{other['low']:.2f}, {other['high']:.2f}], contradicted before correction"
    assert f"With id_twonn, which drops copies: {gives}; depends on the estimator" in row["note"]
    assert "(other side of zero, supported with id_microscope)" in row["note"]
    assert other["note"] and "id_twonn" not in other["note"]


def test_the_share_of_copies_leaves_out_the_embedding() -> None:
    note = of("C7", evidence_of(copied()))[0]["note"]
    assert "Left out as copies after layer 0, median text (range): enc 0.0 %, dec 5.0 % (0.0 to 10.0 %)." in note


def test_estimators_that_agree_are_no_warning() -> None:
    world = copied()
    for block in world["mine"].metrics:
        if block["metric"] == "id_twonn":
            block["metric"] = "other"
    both = [block | {"metric": "id_twonn"} for block in world["mine"].metrics if block["metric"] == "id_microscope"]
    row = of("C7", evidence_of({"mine": parts(*world["mine"].metrics, *both)}))[0]
    assert "With id_twonn" in row["note"] and "depends" not in row["note"]
    assert "id_twonn" not in of("C7", evidence_of(world))[0]["note"]


def test_what_is_not_testable_has_no_verdict_before_correction() -> None:
    names = texts(2, "Latn", "Arab")
    values = [flat(np.array([high, 5.0, high + 1, 5.0])) for high in (6.0, 7.0)]
    world = parts(*(rows(DECODER, metric, names, v) for metric, v in zip(("id_microscope", "id_twonn"), values, strict=True)))
    note = of("C2", evidence_of({"mine": world}))[0]["note"]
    assert note.startswith("With id_twonn, which drops copies: +2.50. Left out as copies")


@pytest.mark.parametrize("conclusion", ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C13", "C14"])
def test_every_conclusion_on_intrinsic_dimension_says_it_and_no_number_of_its_own_changes(conclusion: str) -> None:
    world = PLANTED[conclusion](np.random.default_rng(1), "present")
    twonn = [block | {"metric": block["metric"].replace("id_microscope", "id_twonn")} for block in world.metrics]
    twonn = [block for block in twonn if block["metric"].startswith("id_twonn")]
    alone = of(conclusion, evidence_of({"mine": world}))
    both = of(conclusion, evidence_of({"mine": world._replace(metrics=[*world.metrics, *twonn])}))
    assert [{**row, "note": ""} for row in alone] == [{**row, "note": ""} for row in both]
    for row in both:
        assert ("With id_twonn" in (row["note"] or "")) == ("intrinsic dimension" in row["effect"])
    assert any("With id_twonn" in (row["note"] or "") for row in both)


def wrong(model: tuple[str, str, str], value: float, error: float = 1.0) -> dict[str, Any]:
    names = ["eng_Latn_wrong"]
    return rows(model, "id_microscope_difference", names, flat(np.array([value])), n=60, low=value - error, high=value + error)


@pytest.mark.parametrize(
    ("twin", "said"),
    [
        (1.5, "The untrained twin: +1.50 [0.50, 2.50], so not of training alone."),
        (0.5, "The untrained twin: +0.50 [-0.50, 1.50]."),
        (-3.0, "The untrained twin: -3.00 [-4.00, -2.00]."),
    ],
)
def test_ungrammatical_text_in_the_untrained_twin(twin: float, said: str) -> None:
    found = of("C3", evidence_of({"mine": parts(wrong(DECODER, 4.0), wrong(TWIN, twin))}))
    assert len(found) == 1 and found[0]["note"] == said and found[0]["verdict"] == SUPPORTED
    assert of("C3", evidence_of({"mine": parts(wrong(DECODER, 4.0))}))[0]["note"] is None


def scores(model: str, names: list[str], harness: str, shift: float) -> dict[str, Any]:
    values = np.linspace(0.3, 0.6, len(names)) + shift
    return dict(model=model, text=np.array(names, dtype=object), lang="qaa", script="Latn", quality="mmlu", origin="published",
                harness=harness, value=values)  # fmt: skip


@pytest.mark.parametrize("wanted", ["auto", "mmlu", "retrieval", "bpc"])
def test_quality_is_the_figures_of_one_harness_for_all_models(wanted: str) -> None:
    names = texts(8)
    measured = [
        dict(model=model, text=np.array(names, dtype=object), lang="qaa", script="Latn", quality=quality, origin="measured",
             value=np.linspace(0, 1, 8) + number, source="layer 3 of 6", n=60)
        for number, model in enumerate(("dec", "enc")) for quality in ("retrieval", "bpc")
    ]  # fmt: skip
    # "wide" has more languages of one model, "card" has both models.
    mmlu = [scores("dec", names[:6], "card", 0), scores("enc", names[:6], "card", 0.1), scores("dec", names, "wide", 0.2)]
    curves = [rows(model, "id_microscope", names, flat(np.arange(8.0) + 5)) for model in (DECODER, ENCODER)]
    evidence = evidence_of({"mine": parts(*curves, quality=measured + mmlu)}, quality=wanted)
    panels = [("dec", "mine"), ("enc", "mine")]
    drawn = choose(evidence.quality, panels, wanted)
    assert list(drawn) == panels
    for panel in panels:
        values, said = evidence.quality_of(panel)
        shown = drawn[panel].rows.set_index("text")["value"]
        pd.testing.assert_series_equal(values, -shown if wanted == "bpc" else shown)
        assert (said == "MMLU (published, card)") == (wanted in ("auto", "mmlu"))
    # Bits per character are not tested against themselves.
    if wanted == "bpc":
        assert evidence.quality_of(panels[0], besides_bits=True)[1] == "MMLU (published, card)"


def test_a_verdict_before_correction() -> None:
    assert Outcome("", p_for=0.04, p_against=1).verdict() == SUPPORTED
    assert Outcome("", p_for=0.04, p_against=1).verdict(2) == NO_EVIDENCE
    assert Outcome("", p_for=1, p_against=0.01).verdict(2) == CONTRADICTED
