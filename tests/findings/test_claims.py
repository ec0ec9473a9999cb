"""What single claims turn on: noise, copies, a second estimator, texts left out, models as units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from findings.planted import (
    ABSENT,
    DECODER,
    ENCODER,
    ID,
    PLANTED,
    PRESENT,
    TWIN,
    correlated,
    evidence_of,
    flat,
    parts,
    qualities,
    rows,
    texts,
)
from langgeom.analysis.behind import PREDICTORS
from langgeom.analysis.quality import choose
from langgeom.findings import CONCLUSIONS, Evidence, findings
from langgeom.findings.claims_trend import by_family, ratio
from langgeom.findings.evidence import reliability
from langgeom.findings.outcome import (
    CONTRADICTED,
    DEPENDS,
    NO_EVIDENCE,
    NOT_TESTABLE,
    SUPPORTED,
    Outcome,
    correlation_of,
    joint,
)

N = 12
SECOND = "id_microscope_distinct"


def of(
    conclusion: str, *metrics: dict[str, Any], quality: Any = (), measures: Any = (), **settings: Any
) -> list[dict[str, Any]]:
    world = parts(*metrics, quality=quality, texts=measures)
    return findings(evidence_of({"mine": world}, **settings), [CONCLUSIONS[conclusion]])


def encoder_and_decoder(*shifts: float) -> list[dict[str, Any]]:
    """The log ratio of encoder to decoder, by `ID` and, if there is a second, by the second estimator."""
    noise = np.random.default_rng(0)
    decoder = noise.normal(20, 1, N)
    blocks = []
    for metric, shift in zip((ID, SECOND), shifts, strict=False):
        encoder = decoder * np.exp(shift + 0.02 * noise.normal(size=N))
        blocks += [rows(DECODER, metric, texts(N), flat(decoder)), rows(ENCODER, metric, texts(N), flat(encoder))]
    return blocks


@pytest.mark.parametrize(
    ("second", "verdict"), [(-0.4, SUPPORTED), (0.0, DEPENDS), (0.1, DEPENDS)], ids=["agrees", "undecided", "other side"]
)
def test_a_verdict_that_a_second_estimator_does_not_give_depends_on_it(second: float, verdict: str) -> None:
    (row,) = of("C7", *encoder_and_decoder(-0.4, second))
    (other,) = of("C7", *encoder_and_decoder(-0.4, second), id=SECOND)
    assert row["verdict"] == verdict and row["value"] < -0.35 and row["scope"] == "in this pair of models"
    assert f"With {SECOND} {other['value']:+.2f} [{other['low']:.2f}, {other['high']:.2f}]" in row["note"]
    (alone,) = of("C7", *encoder_and_decoder(-0.4))
    assert alone["verdict"] == SUPPORTED and SECOND not in alone["note"]
    assert {**row, "note": "", "verdict": ""} == {**alone, "note": "", "verdict": ""}


def test_what_is_undecided_stays_so_whatever_a_second_estimator_gives() -> None:
    assert of("C7", *encoder_and_decoder(0.0, -0.4))[0]["verdict"] == NO_EVIDENCE


def trend(error: float, truth: str = PRESENT) -> dict[str, Any]:
    world = PLANTED["C1"](np.random.default_rng(5), truth, error=error)
    return findings(evidence_of({"mine": world}), [CONCLUSIONS["C1"]])[0]


def test_noise_lowers_the_ceiling_and_not_the_trend() -> None:
    clear, noisy = trend(0.02), trend(0.15)
    assert clear["verdict"] == noisy["verdict"] == SUPPORTED and noisy["value"] == pytest.approx(clear["value"], abs=0.06)
    assert trend(1.0)["verdict"] == NOT_TESTABLE and "below 0.8" in trend(1.0)["reason"]
    assert trend(0.05, ABSENT)["value"] < 0.3


def test_the_ceiling_is_that_of_two_whole_curves() -> None:
    """What halves predict (Spearman-Brown) is what two whole measurements, of half the variance, correlate at."""
    noise = np.random.default_rng(1)
    curve = np.tile(np.linspace(0, 1, 400), (40, 1))
    a, b = curve + 0.15 * noise.normal(size=(2, *curve.shape))
    whole = curve + 0.15 / np.sqrt(2) * noise.normal(size=(2, *curve.shape))
    layers = slice(0, 400, 7)
    block = rows(DECODER, ID, texts(40), curve[:, layers], half_a=a[:, layers].ravel(), half_b=b[:, layers].ravel())
    (row,) = of("C1", block)
    measured = np.mean([stats.spearmanr(x, y).statistic for x, y in zip(*whole, strict=True)])
    said = float(row["note"].split("correlate at ")[1].rstrip("."))
    assert said == pytest.approx(measured, abs=0.02)
    # All languages are one curve: they are as alike as halves of one.
    assert row["value"] == pytest.approx(1, abs=0.02)


def test_pairs_within_a_family_do_not_count() -> None:
    table, families = np.array([[0.9, 0.8, 0.1], [0.8, 0.9, 0.3], [0.1, 0.3, 0.6]]), np.array([0, 0, 1])
    cross, own = by_family(table, families)
    assert cross[0, 1] == pytest.approx(0.2) and own == pytest.approx([0.9, 0.6])
    assert ratio(cross, own) == pytest.approx(0.2 / 0.75)


def swap_row(model: tuple[str, str, str], value: float, p: float, n: int = 240) -> list[dict[str, Any]]:
    metric, names = f"{ID}_difference", ["eng_Latn_wrong"]
    whole = rows(model, metric, names, np.array([value]), n=n, p=p, low=value - 0.3, high=value + 0.3)
    return [rows(model, metric, names, flat(np.array([9.0])), n=n), whole]


def test_ungrammatical_text_is_judged_by_its_swaps() -> None:
    (row,) = of("C3", *swap_row(DECODER, 0.4, 0.01), *swap_row(TWIN, 0.1, 0.5))
    assert (row["value"], row["low"], row["high"], row["p"], row["n"]) == (0.4, 0.4 - 0.3, 0.7, 0.01, 240)
    assert row["verdict"] == SUPPORTED and "only 240 pairs" in row["doubt"] and "1,000" in row["note"]
    assert "untrained twin: +0.10 [-0.20, +0.40]" in row["note"]
    (many,) = of("C3", *swap_row(DECODER, -0.4, 0.01, n=1000))
    assert many["verdict"] == CONTRADICTED and many["doubt"] is None
    (few,) = of("C3", *swap_row(DECODER, 0.4, 0.01, n=12))
    assert few["verdict"] == NOT_TESTABLE and "pairs" in few["reason"] and "only 12" in few["reason"]
    by_layer = swap_row(DECODER, 0.4, 0.01)[0]
    assert "over all layers" in of("C3", by_layer)[0]["reason"]


def test_quality_is_compared_beyond_tokens_and_copies() -> None:
    noise = np.random.default_rng(3)
    tokens = noise.normal(size=40)
    dimension, good = (15 + tokens + 0.3 * noise.normal(size=40), tokens + 0.3 * noise.normal(size=40))
    blocks = [rows(DECODER, ID, texts(40), flat(dimension)), rows(DECODER, "fertility", texts(40), 3 + tokens, over="text")]
    (row,) = of("C6", *blocks, quality=[qualities(texts(40), 0.5 + good / 20)])
    ranked = [stats.rankdata(v) - 20.5 for v in (dimension, good, tokens)]
    x, y = (v - ranked[2] * (v @ ranked[2]) / (ranked[2] @ ranked[2]) for v in ranked[:2])
    assert row["value"] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12) and row["verdict"] == NO_EVIDENCE
    assert f"without that it is {stats.spearmanr(dimension, good).statistic:+.2f}" in row["note"]


def test_quality_at_chance_is_refused() -> None:
    blocks = [rows(DECODER, ID, texts(20), flat(np.arange(20.0) + 9)), rows(DECODER, "fertility", texts(20), np.ones(20))]
    # Of 60 sentences chance is (1 + 1/2 + ... + 1/60) / 60 = 0.078.
    for value, verdict in ((0.077, NOT_TESTABLE), (0.079, CONTRADICTED)):
        scores = qualities(texts(20), np.linspace(0, 1e-4, 20) + value)
        assert of("C6", *blocks, quality=[scores])[0]["verdict"] == verdict


def test_divergences_are_compared_on_the_same_positions_and_length_is_told() -> None:
    noise = np.random.default_rng(4)
    mean = noise.normal(size=20)
    values = dict(kl_mean_whole=np.exp(mean), kl_positions=3 * np.exp(mean), kl_length=np.exp(-mean), kl_padded=np.exp(-mean))
    (row,) = of("C8", *(rows(DECODER, name, texts(20), flat(v), over="sentence") for name, v in values.items()))
    assert row["verdict"] == SUPPORTED and row["value"] == pytest.approx(1) and row["centre"] == 0.7
    assert "By position it is 3 times" in row["note"] and "(kl_length) correlates with KL by mean at -1.00" in row["note"]


def test_a_spike_of_few_layers_is_seen() -> None:
    spike = np.r_[0.1, np.full(2, 0.1), np.full(7, 0.8), np.full(21, 0.1)]
    even = np.full(31, 0.2)
    wave = 0.01 * np.random.default_rng(0).normal(size=(N, 31))
    (row,) = of("C10", *(rows(m, "anisotropy", texts(N), c + wave) for m, c in ((DECODER, spike), (TWIN, even))))
    assert row["verdict"] == SUPPORTED and row["value"] == pytest.approx(0.6, abs=0.05)
    assert np.median(spike[1:]) < np.median(even[1:])


def test_errors_of_measurement_do_not_make_an_absence() -> None:
    noise = np.random.default_rng(6)
    x, y = correlated(noise, texts(400), 0.5)
    series = [pd.Series(v, index=texts(400)).rename(lambda text: text[:3]) for v in (x + 1.5 * noise.normal(size=400), y)]
    # Measured with a reliability of 1 / 3.25, a correlation of 0.48 looks like 0.27.
    plain = correlation_of("", *series, claimed=0, bound=0.3)
    true = correlation_of("", *series, claimed=0, bound=0.3, ceiling=0.85)
    assert true.value.value == pytest.approx(plain.value.value / 0.85) and true.p_against == plain.p_against
    assert true.p_for >= plain.p_for
    coarse = correlation_of("", *series, claimed=0, bound=0.3, ceiling=np.sqrt(1 / 3.25))
    assert coarse.p_for == 1 and coarse.value == plain.value
    table = pd.DataFrame(dict(value=[1.0, 2, 3, 4], low=[0.0, 1, 2, 3], high=[2.0, 3, 4, 5]))
    assert reliability(table) == pytest.approx(1 - (1 / 1.959964) ** 2 / np.var([1, 2, 3, 4], ddof=1), rel=1e-6)


def test_a_claim_of_two_effects_is_one() -> None:
    good, bad = Outcome("a", p_for=0.001, p_against=1), Outcome("b", p_for=1, p_against=0.01)
    undecided, missing = Outcome("c", p_for=0.3, p_against=1), Outcome("d", reason="why")
    assert joint([good, good]).verdict() == SUPPORTED and joint([good, undecided]).p == 0.3
    assert (joint([good, bad]).verdict(), joint([good, bad]).p, joint([good, bad]).effect) == (CONTRADICTED, 0.02, "b")
    assert joint([good, missing]).verdict() == NO_EVIDENCE and "why" in joint([good, missing]).note
    assert joint([missing, missing]).verdict() == NOT_TESTABLE
    world = PLANTED["C14"](np.random.default_rng(1), PRESENT)
    assert len(findings(evidence_of({"mine": world}), [CONCLUSIONS["C14"]])) == 1


@pytest.mark.parametrize("shift", [0.0, -0.3])
def test_five_models_a_side_are_the_unit(shift: float) -> None:
    noise = np.random.default_rng(11)
    language, own = noise.normal(3, 0.2, N), 0.1 * noise.normal(size=11)
    names = [("encoder", f"enc{i}") for i in range(5)] + [("decoder", f"dec{i}") for i in range(6)]
    means, blocks = [], []
    for (kind, name), by in zip(names, own, strict=True):
        logs = language + by + shift * (kind == "encoder") + 0.01 * noise.normal(size=N)
        means.append(logs.mean())
        blocks.append(rows((name, kind, "trained"), ID, texts(N), flat(np.exp(logs))))
    (row,) = of("C7", *blocks)
    known = stats.ttest_ind(means[:5], means[5:], equal_var=False)
    assert row["value"] == pytest.approx(np.mean(means[:5]) - np.mean(means[5:]), abs=1e-12)
    assert (row["unit"], row["n"], row["scope"]) == ("models", 11, "over 5 encoders and 6 decoders")
    # Welch's error, with the degrees of freedom of the smaller side.
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(known.statistic), 4), rel=1e-9)
    assert len(of("C7", *blocks[1:])) == 24


def test_trained_models_and_twins_of_one_architecture_each_are_units() -> None:
    noise, blocks, changes = np.random.default_rng(12), [], []
    for i in range(5):
        for init, shift in (("trained", 0.3), ("untrained", 0.0)):
            values = 0.4 + shift + 0.05 * noise.normal() + 0.001 * noise.normal(size=N)
            changes.append(values.mean())
            name = f"m{i}" + "-untrained" * (init == "untrained")
            blocks.append(rows((name, "decoder", init), "anisotropy", texts(N), flat(values)))
    (row,) = of("C10", *blocks)
    known = stats.ttest_1samp(np.subtract(changes[::2], changes[1::2]), 0)
    assert row["p"] == pytest.approx(known.pvalue, rel=1e-9) and row["n"] == 5 and row["scope"] == "over 5 trained models"
    assert (row["low"], row["high"]) == pytest.approx(tuple(known.confidence_interval()))


def test_texts_that_are_left_out_take_no_part() -> None:
    curves = flat(np.linspace(0.05, 0.06, N))
    curves[0] = 0.9
    unknown = rows(ENCODER, "unknown_tokens", texts(N), np.r_[0.2, np.zeros(N - 1)], over="text")
    (row,) = of("C11", rows(ENCODER, "anisotropy", texts(N), curves), unknown)
    assert row["n"] == N - 1 and row["value"] < 0.06 and row["verdict"] == SUPPORTED


def scores(model: str, names: list[str], harness: str, shift: float) -> dict[str, Any]:
    values = np.linspace(0.3, 0.6, len(names)) + shift
    return dict(model=model, text=np.array(names, dtype=object), lang="qaa", script="Latn", quality="mmlu", origin="published",
                harness=harness, value=values)  # fmt: skip


@pytest.mark.parametrize("wanted", ["auto", "mmlu", "reciprocal_rank", "retrieval", "bpc"])
def test_quality_is_the_figures_of_one_harness_for_all_models(wanted: str) -> None:
    names = texts(8)
    measured = [
        dict(model=model, text=np.array(names, dtype=object), lang="qaa", script="Latn", quality=quality, origin="measured",
             value=np.linspace(0, 1, 8) + number, source="layer 3 of 6", n=60)
        for number, model in enumerate(("dec", "enc")) for quality in ("reciprocal_rank", "retrieval", "bpc")
    ]  # fmt: skip
    # "wide" has more languages of one model, "card" has both models.
    mmlu = [scores("dec", names[:6], "card", 0), scores("enc", names[:6], "card", 0.1), scores("dec", names, "wide", 0.2)]
    curves = [rows(model, ID, names, flat(np.arange(8.0) + 5)) for model in (DECODER, ENCODER)]
    evidence: Evidence = evidence_of({"mine": parts(*curves, quality=measured + mmlu)}, quality=wanted)
    panels = [("dec", "mine"), ("enc", "mine")]
    drawn = choose(evidence.quality, panels, wanted)
    assert list(drawn) == panels
    for panel in panels:
        values, said, _ = evidence.quality_of(panel)
        shown = drawn[panel].rows.set_index("text")["value"]
        pd.testing.assert_series_equal(values, -shown if wanted == "bpc" else shown)
        assert (said == "MMLU (published, card)") == (wanted in ("auto", "mmlu"))
    # Bits per character are not tested against themselves.
    if wanted == "bpc":
        assert evidence.quality_of(panels[0], besides_bits=True)[1] == "MMLU (published, card)"


def test_without_mmlu_quality_is_the_reciprocal_rank() -> None:
    measured = [qualities(texts(8), np.linspace(0.2, 0.9, 8)) | {"quality": name} for name in ("retrieval", "reciprocal_rank")]
    chosen = choose(evidence_of({"mine": parts(quality=measured)}).quality, [("dec", "mine")], "auto")["dec", "mine"]
    assert set(chosen.rows["quality"]) == {"reciprocal_rank"} and "chance 0.078" in chosen.note


def test_five_related_decoders_are_the_unit() -> None:
    noise, shape = np.random.default_rng(13), np.linspace(0, 1, 12)
    blocks = []
    for i in range(5):
        curves = 5 + shape + 0.05 * noise.normal(size=(N, 12))
        blocks += [rows((f"m{i}", "decoder", "trained"), name, texts(N), curves) for name in (ID, "anisotropy")]
    (row,) = of("C13", *blocks)
    assert row["verdict"] == SUPPORTED and (row["unit"], row["n"], row["scope"]) == ("models", 5, "over 5 decoders")
    assert "in 10 pairs" in row["note"] and 0.7 < row["low"] < row["value"] < 1
    assert len(of("C13", *blocks[2:])) == 6


TWINS = {"srp": "Cyrl", "kaz": "Cyrl", "khk": "Cyrl", "rus": "Cyrl", "uig": "Arab", "arb": "Arab"}


def twins(metric: str, change: float, over: str = "token") -> dict[str, Any]:
    """Originals and twins in Latin script, other by `change`; Serbian besides in Latin script, as it was translated."""
    own = [f"{lang}_{script}" for lang, script in TWINS.items()]
    made = [f"{lang}_Latn_from{script}" for lang, script in TWINS.items()]
    values = 9 + np.random.default_rng(8).normal(size=6)
    every = np.r_[values, values + change + 0.01 * np.arange(6), 50.0, 90.0]
    return rows(DECODER, metric, [*own, *made, "srp_Latn", "srp_Cyrl_wordsShuffled"], flat(every), over=over)


@pytest.mark.parametrize(("conclusion", "metric", "over"), [("C2", ID, "token"), ("C12", "anisotropy", "token"),
                                                            ("C9", "kl_mean", "sentence")])  # fmt: skip
@pytest.mark.parametrize(("change", "verdict"), [(1.0, SUPPORTED), (-1.0, CONTRADICTED)])
def test_twins_have_a_row_of_their_own(conclusion: str, metric: str, over: str, change: float, verdict: str) -> None:
    block = twins(metric, change, over)
    natural, made = of(conclusion, block)
    assert natural["verdict"] == NOT_TESTABLE and natural["n"] == 0 and "no languages in Latin and Arabic" in natural["reason"]
    assert (made["verdict"], made["n"], made["unit"], made["families"]) == (verdict, 6, "twins", 4)
    assert "letters alone" in made["scope"] and "another script of the same sentences" in made["effect"]
    if metric != "kl_mean":
        # Indo-European, Turkic, Mongolic, Afro-Asiatic
        assert made["value"] == pytest.approx(change + np.mean([0.015, 0.025, 0.02, 0.05]))
    assert "Serbian (fromCyrl)" in made["note"]


def test_a_second_estimator_is_held_against_the_same_row() -> None:
    _, made = of("C2", twins(ID, 1.0), twins(SECOND, -1.0))
    assert made["verdict"] == DEPENDS and f"With {SECOND} -0.97" in made["note"]


def test_made_texts_take_no_part_elsewhere() -> None:
    block, natural = twins("anisotropy", 0.0), ["uig_Latn", "fin_Latn", "vie_Latn"]
    encoder = {**block, "model": "enc", "kind": "encoder", "value": block["value"] / 1000}
    more = rows(ENCODER, "anisotropy", natural, flat(np.full(3, 0.01)))
    assert of("C11", encoder, more)[0]["n"] == 6 + 2
    # Without twins, there is no second row.
    assert len(of("C2", rows(DECODER, ID, texts(8, "Latn", "Arab"), flat(np.arange(16.0) + 5)))) == 1


def test_the_reference_predicts_and_is_no_language_of_its_own() -> None:
    names = ["eng_Latn", *texts(8)]
    forward, backward = np.r_[0.0, np.linspace(0.5, 0.64, 8)], np.r_[0.0, np.linspace(0.4, 0.47, 8)]
    blocks = [
        rows(DECODER, f"information_imbalance{way}", names, flat(values), over="sentence")
        for way, values in (("", forward), ("_reverse", backward))
    ]
    (row,) = of("C17", *blocks)
    assert row["n"] == 8 and row["value"] == pytest.approx((forward - backward)[1:].mean(), abs=1e-12)
    assert row["verdict"] == SUPPORTED and "0.57 and 0.43" in row["note"]
    assert "information_imbalance_reverse was not measured" in of("C17", blocks[0])[0]["reason"]


def test_layers_beyond_chance_are_counted_after_the_embedding() -> None:
    chance, beyond, edge = 0.5, 0.01, 0.05
    near = np.tile([chance, beyond, edge, beyond, beyond], (8, 1))
    wide = np.tile([beyond, chance, 0.0501, chance, beyond], (8, 1))
    wide[:4, 4] = chance
    blocks = [
        rows(DECODER, name, texts(8), np.full((8, 5), 0.3), over="sentence", p=p.ravel())
        for name, p in (("mutual_knn", near), ("cka", wide))
    ]
    (row,) = of("C19", *blocks)
    assert row["value"] == pytest.approx(1 - 0.125) and row["verdict"] == SUPPORTED and "1.00 and 0.12" in row["note"]
    (same,) = of("C19", blocks[0], blocks[0] | {"metric": "cka"})
    assert same["value"] == 0 and same["verdict"] == NO_EVIDENCE


# Four layers after the embedding: one before the middle, two in it, one after.
def by_layers(metric: str, curve: list[float], **more: Any) -> dict[str, Any]:
    names = ["eng_Latn", *texts(8)]
    values = np.array([99.0, *curve]) + 0.01 * np.arange(9.0)[:, None] * np.array([0, 1, 2, 3, 1])
    return rows(DECODER, metric, names[9 - len(values) :], values, **more)


def test_a_decoder_that_passes_through_the_reference_is_known_by_its_middle_and_its_last_layer() -> None:
    own = by_layers("lens_own", [0.8, 0.1, 0.1, 0.6])
    for reference, verdict in (
        ([0.1, 0.3, 0.2, 0.2], SUPPORTED),
        ([0.1, 0.3, 0.2, 0.9], CONTRADICTED),
        ([0.9, 0.0, 0.0, 0.2], CONTRADICTED),
    ):
        (row,) = of("C15", own, by_layers("lens_reference", reference))
        assert row["verdict"] == verdict and row["n"] == 8 and row["model"] == "dec"
    (row,) = of("C15", own, by_layers("lens_reference", [0.1, 0.3, 0.2, 0.2]))
    effects = {"middle layers": 0.15, "last layer": -0.4}
    (shown,) = [where for where in effects if where in row["effect"]]
    (other,) = effects.keys() - {shown}
    assert row["value"] == pytest.approx(effects[shown]) and f"{other}: {effects[other]:+.2f}" in row["note"]
    assert "lens_reference was not measured" in of("C15", own)[0]["reason"]
    assert "no trained decoder" in of("C15", rows(ENCODER, "anisotropy", texts(8), flat(np.arange(8.0))))[0]["reason"]


@pytest.mark.parametrize(
    ("curve", "peaks", "sinks"),
    [
        ([1, 3, 3, 1], SUPPORTED, CONTRADICTED),
        ([3, 1, 1, 3], CONTRADICTED, SUPPORTED),
        ([4, 3, 2, 1], CONTRADICTED, CONTRADICTED),
    ],
)
def test_the_middle_is_held_against_both_ends(curve: list[float], peaks: str, sinks: str) -> None:
    assert of("C16", by_layers(ID, curve))[0]["verdict"] == peaks
    ways = [by_layers(f"information_imbalance{way}", curve, over="sentence") for way in ("", "_reverse")]
    (row,) = of("C18", *ways)
    assert row["verdict"] == sinks and row["n"] == 8 and row["effect"].endswith("quarter")
    assert "information_imbalance_reverse was not measured" in of("C18", ways[0])[0]["reason"]


def test_a_middle_takes_four_layers() -> None:
    imbalances = ["information_imbalance", "information_imbalance_reverse"]
    for conclusion, metrics in (("C16", [ID]), ("C18", imbalances), ("C22", ["matrix_entropy"])):
        short = [rows(DECODER, metric, texts(8), np.ones((8, 4)) * np.arange(4)) for metric in metrics]
        assert "has only 3" in of(conclusion, *short)[0]["reason"]
    assert "no intrinsic dimension" in of("C16", rows(DECODER, "anisotropy", texts(8), flat(np.arange(8.0))))[0]["reason"]


def test_what_shuffled_words_leave_of_a_peak_is_told() -> None:
    names = [*texts(8), "eng_Latn", "eng_Latn_wordsShuffled"]
    curves = np.tile([5.0, 10, 13, 13, 11], (10, 1)) + 0.01 * np.arange(10.0)[:, None] * np.array([0, 0, 1, 1, 0])
    curves[9] = [5, 10, 11, 11, 11]
    (row,) = of("C16", rows(DECODER, ID, names, curves))
    assert row["verdict"] == SUPPORTED and row["n"] == 9
    assert "In eng_Latn the middle lies +2.58 above the rest, with its words shuffled +0.50" in row["note"]


def test_csls_mends_hubs_where_there_are_any() -> None:
    gain, names = np.linspace(0.01, 0.08, 8), texts(8)
    hubs = 0.1 + gain[[1, 0, 2, 3, 4, 5, 7, 6]]
    values = {"retrieval": np.full(8, 0.4), "retrieval_csls": 0.4 + gain, "hub_mass": hubs}
    blocks = [rows(DECODER, name, names, flat(some), over="sentence") for name, some in values.items()]
    sentences = rows(DECODER, "anisotropy", names, flat(-gain), over="sentence")
    (row,) = of("C20", *blocks, sentences, rows(DECODER, "anisotropy", names, flat(gain)))
    assert row["verdict"] == SUPPORTED and "anisotropy of sentences at -0.95" in row["note"]
    assert "anisotropy" not in of("C20", *blocks)[0]["note"]
    (other,) = of("C20", *blocks[:2], blocks[2] | {"value": 0.3 - blocks[2]["value"]})
    assert other["verdict"] == CONTRADICTED and "rank correlation" in other["effect"]
    assert "no hubs to mend" in of("C20", *blocks[:2], blocks[2] | {"value": np.full(24, 2 / 60)})[0]["reason"]
    assert "hub_mass was not measured" in of("C20", *blocks[:2])[0]["reason"]


def test_three_dimensions_of_the_mean_cosine_are_judged_by_the_middle_layer() -> None:
    table = np.tile([0.9, 0.2, 0.7, 0.8], (8, 1)) + np.linspace(-0.07, 0.07, 8)[:, None]
    (row,) = of("C21", rows(DECODER, "cosine_top_3", texts(8), table))
    assert row["n"] == 8 and row["value"] == pytest.approx(0.7) and row["verdict"] == SUPPORTED
    assert "from 0.20 (layer 1) to 0.80 (layer 3)" in row["note"]
    assert "cosine_top_3 was not measured" in of("C21", rows(DECODER, "variance_top_3", texts(8), table))[0]["reason"]


def test_chinese_counts_as_one_language() -> None:
    """Its place is judged by the spread of languages, with one more family's chance; at the last layer, both texts together."""
    names, values = [*texts(8), "cmn_Hans", "cmn_Hant", "jpn_Jpan"], np.r_[8.0, 9, 10, 9, 8, 10, 9, 9, 7, 6, 1]
    curves = np.column_stack([np.full((11, 3), 50.0), values])
    (row,) = of("C23", rows(ENCODER, "id_ph", names, curves))
    spread = values[:8].std(ddof=1) * np.sqrt(1 + 1 / 8)
    assert (row["value"], row["n"], row["families"]) == (2.5, 8, 8)
    assert row["p"] == pytest.approx(2 * stats.t.sf(2.5 / spread, 7)) and row["low"] < 2.5 - 2 * spread
    assert "9.0, Chinese 6.5" in row["note"]
    assert "no text in Chinese" in of("C23", rows(ENCODER, "id_ph", names[:8], curves[:8]))[0]["reason"]
    assert "no trained encoder" in of("C23", rows(DECODER, "id_ph", names, curves))[0]["reason"]


def test_a_twin_and_both_orders_of_words_move_a_curve() -> None:
    """Each layer counts by how far it moves, up or down; languages without both take no part."""
    langs = ["rus", "kaz", "khk", "arb", "tat", "bul"]
    scripts = dict.fromkeys(langs, "Cyrl") | {"arb": "Arab"}
    factors = {
        "": [1, 1, 1],
        "twin": [1, 2, 0.5],
        "wordsShuffled": [1, 1.5, 1],
        "wordsReversed": [1, 1, 1],
        "charactersShuffled": [1, 9, 9],
    }
    blocks, names = [], []
    for place, lang in enumerate(langs):
        own = f"{lang}_{scripts[lang]}"
        for kind, factor in factors.items():
            names.append(own if not kind else f"{lang}_Latn_from{scripts[lang]}" if kind == "twin" else f"{own}_{kind}")
            blocks.append((10 + place) * np.array(factor) * np.exp(0.001 * place * (kind == "twin")))
    names += ["eng_Latn", "eng_Latn_wordsShuffled"]
    (row,) = of("C24", rows(DECODER, ID, names, np.array([*blocks, [9.0] * 3, [90.0] * 3])))
    assert row["verdict"] == SUPPORTED and (row["n"], row["families"]) == (6, 4)
    assert row["value"] == pytest.approx(np.log(2) - np.log(1.5) / 4, abs=0.002)
    assert "0.693 by script, 0.101 by order" in row["note"]
    (few,) = of("C24", rows(DECODER, ID, names[:10], np.array(blocks[:10])))
    assert few["verdict"] == NOT_TESTABLE and "with a twin and with their words in another order" in few["reason"]


def test_nearer_kin_lie_nearer_and_the_note_says_what_else_explains() -> None:
    world = PLANTED["C25"](np.random.default_rng(0), PRESENT)
    (row,) = findings(evidence_of({"mine": world}), [CONCLUSIONS["C25"]])
    assert row["verdict"] == SUPPORTED and row["n"] == 17 and row["families"] == 8 and row["low"] > 0
    assert row["note"].startswith("Layer 3. R² of all 0.")
    assert all(f"{name} " in row["note"] for name in set(PREDICTORS) - {"language"})

    def why(**changes: Any) -> str:
        (row,) = findings(evidence_of({"mine": world._replace(**changes)}), [CONCLUSIONS["C25"]])
        assert row["verdict"] == NOT_TESTABLE
        return str(row["reason"])

    (pairs,) = world.pairs
    few = np.isin(pairs["text"], world.metrics[0]["text"][:8]) & np.isin(pairs["other"], world.metrics[0]["text"][:8])
    assert "12 languages" in why(pairs=[pairs | {name: pairs[name][few] for name in ("text", "other", "value")}])
    assert "no three texts" in why(pairs=[]) and "token_premium was not measured" in why(metrics=world.metrics[1:])
