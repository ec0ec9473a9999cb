"""Rows of the table, from the hidden states of a text and of the reference."""

from __future__ import annotations

import dataclasses
import warnings

import pytest
import torch

from langgeom.errors import UserError
from langgeom.hidden.states import HiddenStates
from langgeom.metrics import Cloud, Resample, anisotropy, id_twonn, kl_mean, kl_padded, lens_own
from langgeom.metrics.catalogue import OVER
from langgeom.metrics.measure import Prepared, measure_text
from langgeom.metrics.neighbours import nearest
from langgeom.metrics.registry import METRICS
from langgeom.metrics.resample import FEWEST
from metrics.quick import QUICK

NAMES = {"token": ["id_twonn", "anisotropy"], "sentence": ["anisotropy"], "aligned": ["kl_mean", "kl_padded"],
         "text": ["bpc", "fertility", "unknown_tokens"]}  # fmt: skip


def text(lines: list[int], sizes: list[int], cut: int = 0, seed: int = 0, layers: int = 3) -> HiddenStates:
    """Make hidden states of sentences of given sizes, the last `cut` tokens not kept."""
    generator = torch.Generator().manual_seed(seed)
    kept = sum(sizes) - cut
    owners = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))[:kept].int()
    count = torch.tensor(sizes, dtype=torch.int32)
    return HiddenStates(
        token=torch.randn(layers, kept, 6, generator=generator).bfloat16(),
        token_sentence=owners,
        sentence=torch.randn(layers, len(sizes), 6, generator=generator),
        sentence_line=torch.tensor(lines, dtype=torch.int32),
        tokens=count, words=count, characters=count * 4, bytes=count * 5, unknown=count // 2, fragments=count // 3,
        nll=count.double(), scored_characters=count * 4, scored_bytes=count * 5,
    )  # fmt: skip


@pytest.fixture
def pair() -> tuple[HiddenStates, HiddenStates]:
    return text([0, 1, 3, 4, 7], [5, 6, 4, 7, 5], cut=2), text([1, 2, 3, 4, 7], [3, 8, 6, 2, 4], seed=1)


def test_rows_hold_what_the_functions_return(pair: tuple[HiddenStates, HiddenStates]) -> None:
    hidden, reference = pair
    resample = Resample(20, seed=0)
    rows = measure_text(hidden, reference, NAMES, resample)
    assert len(rows) == 3 * 5 + 3
    found = {(row["metric"], row["over"], row["layer"]): row for row in rows}
    assert " ".join(rows[0]) == "layer metric over value low high n dropped sentences documents half_a half_b p null"
    cloud = Cloud(hidden.token, hidden.token_sentence)
    for name, metric in (("id_twonn", id_twonn), ("anisotropy", anisotropy)):
        expected = metric(cloud, resample=resample)
        for layer in range(3):
            row = found[name, "token", layer]
            assert row["value"] == float(expected.value[layer])
            # Five sentences have no interval.
            assert (row["low"], row["high"], row["n"], row["dropped"]) == (None, None, 25, 0)
            halves = (row["half_a"], row["half_b"])
            assert halves == (
                (None, None) if name == "anisotropy" else (float(expected.half_a[layer]), float(expected.half_b[layer]))
            )
    assert found["anisotropy", "sentence", 1]["value"] == float(anisotropy(hidden.sentence[1]))
    assert found["bpc", "text", None]["value"] == pytest.approx(1 / 4 / 0.6931471805599453)
    assert found["fertility", "text", None] | {"low": 0, "high": 0} == {
        "layer": None, "metric": "fertility", "over": "text", "value": 1.0, "low": 0, "high": 0, "n": 5, "dropped": 0,
        "sentences": 5, "documents": None, "half_a": None, "half_b": None, "p": None, "null": None,
    }  # fmt: skip
    assert found["unknown_tokens", "text", None]["value"] == sum(size // 2 for size in (5, 6, 4, 7, 5)) / 27


def test_what_the_head_reads_is_a_row_a_layer() -> None:
    hidden, reference = (text(list(range(0, 80, 2)), [5] * 40, seed=seed) for seed in (0, 1))
    names = {"token": ["lens_own", "lens_reference", "anisotropy"]}
    assert {row["metric"] for row in measure_text(hidden, reference, names, None)} == {"anisotropy"}
    shares = torch.rand(3, 30, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    read = dataclasses.replace(hidden, lens_sentence=torch.arange(10, 40, dtype=torch.int32), lens_own=shares)
    documents = [line // 3 for line in range(80)]
    rows = measure_text(read, reference, names, Resample(20, seed=0, documents=documents))
    rows = [row for row in rows if row["metric"] != "anisotropy"]
    assert [(row["metric"], row["over"], row["layer"]) for row in rows] == [("lens_own", "token", layer) for layer in range(3)]
    drawn = Resample(20, seed=0, documents=[documents[line] for line in range(20, 80, 2)])
    for row, values in zip(rows, shares, strict=True):
        expected = lens_own(values, resample=drawn)
        assert (row["value"], row["low"], row["high"]) == tuple(map(float, (expected.value, expected.low, expected.high)))
        assert (row["n"], row["sentences"], row["documents"]) == (30, 30, 21)


def test_aligned_rows_pair_lines_that_both_have(pair: tuple[HiddenStates, HiddenStates]) -> None:
    hidden, reference = pair
    rows = measure_text(hidden, reference, {"aligned": ["kl_mean", "kl_padded"]}, None)
    mean = [row for row in rows if row["metric"] == "kl_mean"]
    padded = [row for row in rows if row["metric"] == "kl_padded"]
    # Lines 1, 3, 4, 7 are common; 7 is cut among the text's tokens.
    expected = kl_mean(hidden.sentence[:, [1, 2, 3, 4]], reference.sentence[:, [0, 2, 3, 4]])
    assert [row["value"] for row in mean] == expected.value.tolist()
    assert {(row["over"], row["n"], row["dropped"]) for row in mean} == {("sentence", 4, 1)}
    x = torch.cat([hidden.token[:, 5:11], hidden.token[:, 11:15], hidden.token[:, 15:22]], 1)
    y = torch.cat([reference.token[:, 0:3], reference.token[:, 11:17], reference.token[:, 17:19]], 1)
    sizes = torch.tensor([6, 4, 7]), torch.tensor([3, 6, 2])
    groups = [torch.arange(3).repeat_interleave(size) for size in sizes]
    assert [row["value"] for row in padded] == kl_padded(Cloud(x, groups[0]), Cloud(y, groups[1])).value.tolist()
    assert {(row["over"], row["n"], row["dropped"]) for row in padded} == {("token", 3, 2)}
    assert all(row["low"] is None and row["high"] is None for row in rows)


def test_metrics_of_pairs_are_measured_as_aligned_ones_and_once(pair: tuple[HiddenStates, HiddenStates]) -> None:
    hidden, reference = pair
    names = {"aligned": ["kl_padded"], "pairs": ["kl_padded", "id_twonn_difference"]}
    rows = measure_text(hidden, reference, names, Resample(20, seed=0))
    assert [(row["metric"], row["layer"]) for row in rows] == [
        *((metric, layer) for layer in range(3) for metric in ("kl_padded", "id_twonn_difference")),
        ("id_twonn_difference", None),
    ]
    x, y = hidden.token[:, 5:22], reference.token[:, [0, 1, 2, *range(11, 19)]]
    expected = id_twonn(x).value - id_twonn(y).value
    found = [row for row in rows if row["metric"] == "id_twonn_difference"]
    assert [row["value"] for row in found] == pytest.approx([*expected.tolist(), float(expected[1:].mean())], rel=1e-9)
    assert {(row["over"], row["n"], row["dropped"]) for row in found} == {("token", 3, 2)}
    assert all(0 < row["p"] <= 1 and row["low"] is None for row in found)
    with pytest.raises(UserError, match=r"'id_twonn' is no metric over 'pairs'.*Did you mean 'id_twonn_difference'"):
        measure_text(hidden, reference, {"pairs": ["id_twonn"]}, None)


def test_a_prepared_reference_gives_the_same_rows_with_one_search(
    pair: tuple[HiddenStates, HiddenStates], monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden, reference = pair
    whole = text([1, 2, 3, 4, 7], [4, 8, 6, 2, 4], seed=2)
    # Its sentences stand in another order than its lines, so the tokens of all are not those of the whole text in order.
    turned = dataclasses.replace(whole, sentence_line=whole.sentence_line.flip(0))
    names = {**NAMES, "pairs": ["id_twonn_difference"]}
    expected = [measure_text(one, reference, names, Resample(20, seed=0)) for one in (hidden, whole, reference, turned, hidden)]
    searched = []

    def counted(points: torch.Tensor, *options: object) -> object:
        searched.append(points.shape)
        return nearest(points, *options)  # type: ignore[arg-type]

    monkeypatch.setattr("langgeom.metrics.layer.nearest", counted)
    prepared = Prepared(reference)
    found = [measure_text(one, prepared, names, Resample(20, seed=0)) for one in (hidden, whole, reference, turned, hidden)]
    assert found == expected
    # In three layers: each text's tokens, the reference's once, and each text's with the reference's beside it (its own copies,
    # where it is the reference).
    assert searched.count(reference.token.shape[1:]) == 3 + 3 and len(searched) == 3 * (5 + 5)


def test_reference_to_itself_is_zero(pair: tuple[HiddenStates, HiddenStates]) -> None:
    rows = measure_text(pair[1], pair[1], {"aligned": ["kl_mean", "kl_padded", "kl_padded_reverse"]}, None)
    assert [row["value"] for row in rows] == pytest.approx([0.0] * 9, abs=1e-12)


def test_texts_are_compared_on_their_common_lines(pair: tuple[HiddenStates, HiddenStates]) -> None:
    hidden, reference = pair
    row = measure_text(hidden, reference, {"text": ["information_parity"]}, Resample(20, seed=0))[0]
    assert row["value"] == pytest.approx((6 + 4 + 7 + 5) / (3 + 6 + 2 + 4))
    assert (row["n"], row["dropped"], row["sentences"], row["layer"]) == (4, 1, 4, None)
    assert measure_text(reference, reference, {"text": ["information_parity"]}, None)[0]["value"] == 1
    assert measure_text(hidden, dataclasses.replace(reference, nll=None), {"text": ["information_parity"]}, None) == []


def test_clouds_are_the_sample_and_pairs_the_whole_lines() -> None:
    hidden, reference = text([0, 1, 2, 3], [5, 6, 4, 7]), text([0, 1, 2, 3], [5, 8, 6, 5], seed=1)
    sampled = torch.arange(22) % 3 > 0
    cut = dataclasses.replace(
        hidden,
        token_sampled=sampled,
        token_prefix=torch.arange(22) // 2,
        sentence_whole=torch.tensor([True, False, True, True]),
    )
    names = {"token": ["id_twonn", "anisotropy"], "aligned": ["kl_padded"]}
    rows = {(row["metric"], row["layer"]): row for row in measure_text(cut, reference, names, None)}
    cloud = Cloud(hidden.token[:, sampled], prefixes=(torch.arange(22) // 2)[sampled])
    for layer, copies in enumerate((0, len(cloud.points[0]) - 11, len(cloud.points[0]) - 11)):
        row = rows["id_twonn", layer]
        assert (row["value"], row["n"], row["dropped"]) == (float(id_twonn(cloud).value[layer]), 14 - copies, copies)
        assert rows["anisotropy", layer]["n"] == 14
    kept = torch.isin(hidden.token_sentence, torch.tensor([0, 2, 3]))
    others = torch.isin(reference.token_sentence, torch.tensor([0, 2, 3]))
    expected = kl_padded(
        *(Cloud(of.token[1:2, some], of.token_sentence[some]) for of, some in ((hidden, kept), (reference, others)))
    )
    assert rows["kl_padded", 1]["value"] == float(expected.value) and rows["kl_padded", 1]["sentences"] == 3


def test_what_there_is_nothing_for(pair: tuple[HiddenStates, HiddenStates]) -> None:
    hidden, reference = pair
    silent = dataclasses.replace(hidden, unknown=None, fragments=None, nll=None, scored_characters=None, scored_bytes=None)
    assert {row["metric"] for row in measure_text(silent, None, NAMES, None)} == {"id_twonn", "anisotropy", "fertility"}
    apart = dataclasses.replace(reference, sentence_line=torch.arange(100, 105))
    rows = measure_text(hidden, apart, {"aligned": ["kl_mean", "kl_padded"]}, None)
    assert {(row["value"], row["n"], row["dropped"]) for row in rows} == {(None, 0, 5)}


def test_missing_values_are_none_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    hidden = text([0, 1], [1, 1])
    rows = measure_text(hidden, None, {"token": ["id_twonn"]}, Resample(20, seed=0))
    assert {(row["value"], row["low"], row["high"], row["n"]) for row in rows} == {(None, None, None, 2)}
    assert not recwarn.list


def test_mistakes_are_one_message(pair: tuple[HiddenStates, HiddenStates]) -> None:
    hidden, reference = pair
    with pytest.raises(UserError, match=r"'id_twon' is no metric over 'token'.*Did you mean 'id_twonn'"):
        measure_text(hidden, None, {"token": ["id_twon"]}, None)
    with pytest.raises(UserError, match="'bpc' is no metric over 'token'"):
        measure_text(hidden, None, {"token": ["bpc"]}, None)
    with pytest.raises(UserError, match="over 'tokens'; allowed: token"):
        measure_text(hidden, None, {"tokens": ["id_twonn"]}, None)
    broken = dataclasses.replace(hidden, token=hidden.token.clone())
    broken.token[2, 4] = torch.nan
    with pytest.raises(UserError, match="anisotropy: layer 2 has 1 of 25 points with NaN"):
        measure_text(broken, None, {"token": ["anisotropy"]}, None)
    narrow = dataclasses.replace(reference, sentence=reference.sentence[:, :, :4], token=reference.token[:, :, :4])
    with pytest.raises(UserError, match="differ"):
        measure_text(hidden, narrow, {"aligned": ["kl_mean"]}, None)


def test_metrics_that_share_what_they_compute_are_those_measured_alone() -> None:
    hidden, reference = (text(list(range(30)), [2] * 30, seed=seed) for seed in (0, 1))
    names = {
        over: [
            name
            for name, metric in METRICS.items()
            if metric.input in inputs and metric.input not in ("aligned_tokens", "lens")
        ]
        for over, inputs in OVER.items()
        if over in ("token", "aligned")
    }
    every = measure_text(hidden, reference, names, Resample(20, seed=0), settings=QUICK)
    rows = [row for row in every if row["layer"] is not None]
    best = {row["metric"] for row in every if row["layer"] is None}
    assert best == {row["metric"] for row in rows if row["null"] is not None}
    assert len(rows) == sum(
        (2 if METRICS[name].input == "adjacent_layers" else 3) for listed in names.values() for name in listed
    )
    for row in rows:
        metric, layer = METRICS[row["metric"]], row["layer"]
        if metric.input == "aligned_sentences":
            clouds = [Cloud(hidden.sentence[layer]), Cloud(reference.sentence[layer])]
        else:
            last = layer + 2 if metric.input == "adjacent_layers" else layer + 1
            beside = (hidden, reference) if metric.input == "cloud_beside" else (hidden,)
            clouds = [Cloud(states.token[layer:last], states.token_sentence) for states in beside]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            alone = metric.function(*clouds, resample=Resample(20, seed=0), **QUICK.get(metric.name, {}))
        for field in ("value", "low", "high", "p", "null"):
            expected = float("nan") if getattr(alone, field) is None else float(torch.atleast_1d(getattr(alone, field))[0])
            assert row[field] == pytest.approx(expected, rel=1e-12) if expected == expected else row[field] is None


@pytest.mark.parametrize("number", [FEWEST - 1, FEWEST])
def test_few_documents_have_no_interval_and_rows_say_how_many(number: int) -> None:
    lines = list(range(0, 240, 2))
    one, other = text(lines, [6] * 120), text(lines[:-6], [5] * 114, seed=1)
    names = {
        "token": ["id_twonn", "anisotropy"], "sentence": ["anisotropy"], "aligned": ["kl_mean", "kl_padded", "retrieval"],
        "pairs": ["id_twonn_difference"], "text": ["bpc", "token_premium"],
    }  # fmt: skip
    documents = [min(line // 10, number - 1) for line in range(240)]
    rows = measure_text(one, other, names, Resample(20, seed=0, documents=documents))
    assert {(row["sentences"], row["documents"]) for row in rows} == {(120, number), (114, number)}
    # The best layer of a similarity has none.
    assert {row["low"] is None for row in rows if row["metric"] != "retrieval" or row["layer"]} == {number < FEWEST}
    plain = measure_text(one, other, names, Resample(20, seed=0))
    assert [row["value"] for row in rows] == [row["value"] for row in plain]
    assert all(row["documents"] is None for row in plain)
