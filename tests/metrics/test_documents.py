"""Documents are drawn, split and swapped whole, and intervals that draw them cover where those that draw sentences do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from langgeom.metrics import Cloud, MetricError, Resample
from langgeom.metrics.registry import METRICS

# 30 documents of 1 to 10 sentences, their sentences not side by side.
DOCUMENTS = np.random.default_rng(0).permutation(np.repeat(np.arange(30), np.arange(30) % 10 + 1)).tolist()
N = len(DOCUMENTS)
PLAIN, DRAWN = Resample(40, seed=1), Resample(40, seed=1, documents=DOCUMENTS)


@pytest.mark.parametrize("draw", [Resample.counts, Resample.splits, Resample.swaps])
def test_a_document_is_drawn_whole(draw: Callable[[Resample, int], Tensor]) -> None:
    """What is drawn of its first sentence is drawn of all, and the first sentences are drawn as 30 sentences would be."""
    first = [DOCUMENTS.index(number) for number in dict.fromkeys(DOCUMENTS)]
    places = [list(dict.fromkeys(DOCUMENTS)).index(number) for number in DOCUMENTS]
    drawn = draw(DRAWN, N)
    assert torch.equal(drawn[:, first], draw(PLAIN, 30)) and torch.equal(drawn, drawn[:, first][:, places])
    assert not torch.equal(draw(PLAIN, N), drawn)


def test_documents_of_some_sentences_and_of_another_number() -> None:
    named = replace(PLAIN, documents=["b", "b", "a", "c", "a"])
    assert named.documents == (0, 0, 1, 2, 1) and (named.units(5), PLAIN.units(5)) == (3, 5)
    assert named.of([2, 3, 4]).documents == (0, 1, 0) and PLAIN.of([1]) is PLAIN
    with pytest.raises(MetricError, match="7 sentences, but documents of 5"):
        named.counts(7)


@pytest.mark.parametrize("name", ["anisotropy", "id_pca", "id_twonn", "kl_gaussian", "kl_mean", "cka", "retrieval", "bpc"])
def test_documents_of_one_sentence_are_sentences(name: str, hidden: Callable[..., Tensor]) -> None:
    metric, groups = METRICS[name], torch.arange(480) // 12
    x, y = hidden(480, 6).double(), hidden(480, 6, seed=1).double()
    inputs: tuple = (Cloud(x, groups),)
    if metric.input == "aligned_sentences":
        inputs = x[::12], x[::12] + 0.3 * y[::12]
    elif metric.input == "text":
        inputs = x[::12, 0].abs(), 1 + y[::12, 0].abs()
    found, plain = (metric.function(*inputs, resample=how) for how in (replace(PLAIN, documents=range(40)), PLAIN))
    # Where no sentence is wholly a hit or a miss to Wilson's interval, its Student's quantile makes it wider.
    rel = 0.1 if name == "retrieval" else 1e-9
    assert [float(found.value), float(found.low), float(found.high)] == pytest.approx(
        [float(plain.value), float(plain.low), float(plain.high)], rel=rel
    )
    assert float(plain.high - plain.low) > 0


def test_the_error_of_a_mean_is_that_of_the_documents() -> None:
    """The standard error of a ratio of sums and sizes, written out; sentences alike within documents count once."""
    values = torch.randn(30, generator=torch.Generator().manual_seed(0), dtype=torch.float64)[DOCUMENTS]
    sizes = np.bincount(DOCUMENTS)
    sums = np.bincount(DOCUMENTS, values.numpy())
    apart = sums - values.numpy().mean() * sizes
    expected = (30 / 29 * (apart**2).sum()) ** 0.5 / N
    assert DRAWN.error(values) == pytest.approx(expected, rel=1e-12) and DRAWN.error(values) > 2 * PLAIN.error(values)
    assert float(DRAWN.by_unit(values).mean()) == pytest.approx(float(values.mean()), rel=1e-12)
    assert DRAWN.error(torch.stack([values, values])) == pytest.approx(expected, rel=1e-12)


def test_a_share_of_whole_documents() -> None:
    """Hits of whole documents are as many trials as documents, and so are hits alone; there are never more than sentences."""
    even = replace(PLAIN, documents=np.arange(240) // 6)
    x = torch.eye(240, dtype=torch.float64)
    hit = torch.arange(40) % 2 == 0
    y = torch.where(hit.repeat_interleave(6)[:, None], x, x.roll(1, 0))
    retrieval = METRICS["retrieval"].function
    half, every = retrieval(y, x, resample=even), retrieval(x, x, resample=even)
    assert float(half.value) == 0.5
    trials = 39 * (even.quantile() / even.quantile(39)) ** 2
    assert [float(half.low), float(half.high)] == pytest.approx(PLAIN.share(0.5, 1, (0.25 / trials) ** 0.5), rel=1e-9)
    assert (float(every.low), float(every.high)) == PLAIN.share(1.0, 40)
    part = retrieval(torch.where((torch.arange(240) % 2 == 0)[:, None], x, x.roll(1, 0)), x, resample=even)  # half of each
    assert [float(part.low), float(part.high)] == pytest.approx(PLAIN.share(0.5, 240), rel=1e-9)


def test_labels_are_swapped_by_document() -> None:
    """Versions that differ by document alone: swaps of sentences would find what swaps of documents do not."""
    g = torch.Generator().manual_seed(3)
    groups = torch.arange(960) // 8
    documents = torch.arange(120) // 5
    flat = (torch.rand(24, generator=g) < 0.5)[documents][groups]
    wide = torch.randn(960, 6, generator=g, dtype=torch.float64)
    narrow = torch.randn(960, 6, generator=g, dtype=torch.float64) * torch.tensor([1, 1, 1e-3, 1e-3, 1e-3, 1e-3])
    x, y = (Cloud(torch.where(side[:, None], wide, narrow), groups) for side in (flat, ~flat))
    difference = METRICS["id_twonn_difference"].function
    by = {name: difference(x, y, resample=Resample(99, 0, documents=of)) for name, of in (("d", documents), ("s", ()))}
    width = {name: float(found.high - found.low) for name, found in by.items()}
    assert width["d"] > 1.5 * width["s"]


def test_intervals_cover_documents_and_not_sentences() -> None:
    """Of 200 samples of 30 documents, intervals that draw documents hold the mean estimate; those of sentences do not."""
    found: dict[str, list[list[float]]] = {name: [] for name in ("id_twonn", "id_pca", "bpc", "unknown_tokens")}
    groups = torch.arange(120).repeat_interleave(4)
    for seed in range(200):
        g = torch.Generator().manual_seed(seed)
        documents = torch.cat([torch.arange(30), torch.randint(30, (90,), generator=g)]).sort().values
        places, own, apart = (torch.randn(size, 6, generator=g, dtype=torch.float64) for size in (30, 120, 480))
        cloud = Cloud((places[documents] + 0.5 * own)[groups] + 0.5 * apart, groups)
        hard = (0.1 + 0.8 * torch.rand(30, generator=g).round())[documents]
        hits, ones = (torch.rand(120, generator=g) < hard).double(), torch.ones(120)
        inputs = {"bpc": (hard + torch.rand(120, generator=g), ones), "unknown_tokens": (hits, ones)}
        for name, rows in found.items():
            both = [
                METRICS[name].function(*inputs.get(name, (cloud,)), resample=Resample(60, seed, documents=of))
                for of in (documents, ())
            ]
            rows.append([float(number) for one in both for number in (one.value, one.low, one.high)])
    shares = {}
    for name, rows in found.items():
        values = np.array(rows).reshape(200, 2, 3)
        truth = values[:, 0, 0].mean()
        shares[name] = ((values[:, :, 1] <= truth) & (truth <= values[:, :, 2])).mean(0)
    drawn, not_drawn = np.array(list(shares.values())).T
    assert 0.92 < drawn.mean() < 0.99 and drawn.min() > 0.88, shares
    # Neighbours are mostly of one document, so there it matters least.
    assert not_drawn[1:].max() < 0.88, shares
