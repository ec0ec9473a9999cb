"""Similarities of sentences paired at random: the pairings, the null's 95 % point, p, and the best of all layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import binom
from torch import Tensor

from langgeom.hidden.states import HiddenStates
from langgeom.metrics import Resample
from langgeom.metrics.measure import measure_text
from langgeom.metrics.registry import METRICS
from langgeom.metrics.resample import PAIRINGS

SIMILARITIES = ["cka", "information_imbalance", "information_imbalance_reverse", "mexa", "mutual_knn", "reciprocal_rank",
                "retrieval", "retrieval_csls", "retrieval_margin", "retrieval_reverse"]  # fmt: skip
DOCUMENTS = [0, 0, 1, 2, 2, 2, 3, 4, 4, 5]


def gaussian(n: int, dim: int, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_pairings_keep_documents_and_depend_on_the_seed_alone() -> None:
    plain, within = Resample(20, 0).pairings(10), Resample(20, 0, documents=DOCUMENTS).pairings(10)
    for pairings in (plain, within):
        assert pairings.shape == (1 + PAIRINGS, 10) and pairings[0].tolist() == list(range(10))
        assert bool((pairings.sort(1).values == torch.arange(10)).all()) and len(pairings.unique(dim=0)) > 40
    documents = torch.tensor(DOCUMENTS)
    alone = torch.isin(documents, torch.tensor([1, 3, 5]))
    assert bool((documents[within] == documents)[:, ~alone].all()) and bool(alone[within][:, alone].all())
    assert {*within[:, 2].tolist()} == {2, 6, 9} and {*plain[:, 2].tolist()} == set(range(10))
    assert torch.equal(Resample(99, 0).pairings(10), plain) and not torch.equal(Resample(20, 1).pairings(10), plain)
    assert torch.equal(Resample(20, 0, documents=range(10)).pairings(10), plain)


def test_similarities_have_a_null_and_nothing_else_has() -> None:
    x, y = gaussian(30, 5), gaussian(30, 5, 1)
    aligned = [name for name, metric in METRICS.items() if metric.input == "aligned_sentences"]
    found = {name: METRICS[name].function(x, y, resample=Resample(20, 0)) for name in aligned}
    assert sorted(name for name, one in found.items() if one.null is not None) == SIMILARITIES
    assert METRICS["cka"].function(x, y).null is None


@pytest.mark.parametrize("name", SIMILARITIES)
@pytest.mark.parametrize("documents", [(), torch.arange(40) // 4])
def test_draws_are_the_metric_of_rows_that_change_places(name: str, documents: Tensor | tuple) -> None:
    metric, x = METRICS[name].function, gaussian(40, 6)
    y = x + gaussian(40, 6, 1)
    resample = Resample(20, seed=3, documents=documents)
    found = metric(x, y, resample=resample)
    pairings = resample.pairings(40)[1:]
    assert found.permuted.shape == (PAIRINGS,)
    # Where the reference's sentence is looked for, it is the text's rows that change places.
    moved = [(x[one], y) if name.endswith("_reverse") else (x, y[one]) for one in pairings[:12]]
    assert found.permuted[:12].tolist() == pytest.approx([float(metric(*pair)) for pair in moved], rel=1e-9, abs=1e-12)
    apart = (found.permuted - found.value) * (-1 if name.startswith("info") else 1)
    assert float(found.p) == pytest.approx((1 + int((apart >= -1e-12).sum())) / (1 + PAIRINGS))


def test_p_of_five_per_cent_is_beyond_the_null() -> None:
    both = set()
    for seed in range(40):
        x = gaussian(30, 8, seed)
        y = 0.25 * x + gaussian(30, 8, seed + 100)
        for name in ("cka", "mutual_knn", "information_imbalance", "retrieval"):
            found = METRICS[name].function(x, y, resample=Resample(20, seed))
            beyond = found.value < found.null if name.startswith("info") else found.value > found.null
            assert bool(beyond) == (float(found.p) <= 0.05), name
            both.add((name, bool(beyond)))
    assert len(both) == 8


def states(means: Tensor) -> HiddenStates:
    """Return hidden states of sentences of one token each, [layers, n, d]."""
    n = means.shape[1]
    ones = torch.ones(n, dtype=torch.int32)
    return HiddenStates(
        token=means, token_sentence=torch.arange(n, dtype=torch.int32), sentence=means, tokens=ones, words=ones,
        sentence_line=torch.arange(n, dtype=torch.int32), characters=ones, bytes=ones,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["cka", "information_imbalance"])
def test_the_row_without_a_layer_is_the_best_after_the_embedding(name: str) -> None:
    x = torch.stack([gaussian(30, 5, layer) for layer in range(4)])
    y = torch.stack([x[0], *(layer + size * gaussian(30, 5, 9) for layer, size in zip(x[1:], (9, 3, 6), strict=True))])
    resample, sign = Resample(20, 0), -1 if name.startswith("info") else 1
    rows = measure_text(states(x), states(y), {"aligned": [name, "kl_mean"]}, resample)
    alone = METRICS[name].function(x, y, resample=resample)
    by_layer, (best,) = rows[: 2 * 4 : 2], [row for row in rows if row["layer"] is None]
    assert [row["null"] for row in by_layer] == alone.null.tolist() and [row["p"] for row in by_layer] == alone.p.tolist()
    assert best["metric"] == name and best["value"] == float((sign * alone.value[1:]).max() * sign) == alone.value[2]
    drawn = (sign * alone.permuted[:, 1:]).amax(1)
    assert best["p"] == pytest.approx((1 + int((drawn >= sign * best["value"] - 1e-12).sum())) / (1 + PAIRINGS))
    assert best["null"] == sign * float(drawn.sort().values[95]) and best["low"] is None and best["half_a"] is None
    assert sign * best["null"] > max(sign * row["null"] for row in by_layer[1:]) - 1e-12 and best["n"] == 30


def test_false_alarms_are_as_rare_as_p_says_also_where_documents_are_alike() -> None:
    """Two spaces without anything in common: of one layer and of the best of three; free pairings of alike sentences fail."""
    documents = torch.arange(40) // 5
    alarms = {"plain": 0, "within": 0, "free": 0}
    worlds = 100
    for seed in range(worlds):
        x, y = (torch.stack([gaussian(40, 4, seed + 1000 * (side + 2 * layer)) for layer in range(4)]) for side in (1, 2))
        alike = [one + 2 * gaussian(8, 4, seed + 9000 * side)[documents] for one, side in ((x, 1), (y, 2))]
        for what, pair, of in (("plain", (x, y), ()), ("within", alike, documents.tolist()), ("free", alike, ())):
            resample = Resample(20, seed, documents=of)
            rows = measure_text(*map(states, pair), {"aligned": ["cka"]}, resample)
            alarms[what] += sum(row["p"] <= 0.05 for row in rows if row["layer"] in (1, None))
    most = int(binom.ppf(0.999, worlds, 0.05))
    assert alarms["plain"] <= 2 * most and alarms["within"] <= 2 * most and alarms["free"] > 4 * most, alarms


def test_what_is_there_is_beyond_the_null() -> None:
    x = gaussian(60, 10)
    y = x + gaussian(60, 10, 1)
    found = {name: METRICS[name].function(x, y, resample=Resample(20, 0)) for name in SIMILARITIES}
    assert {float(one.p) for one in found.values()} == {1 / (1 + PAIRINGS)}
    assert np.isclose(float(found["information_imbalance"].null), 1, atol=0.3)
    assert np.isclose(float(found["mutual_knn"].null), 10 / 59, atol=0.06)
