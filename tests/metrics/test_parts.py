"""Parts of the sentences: neighbours within each, halves and their interval, and that the interval covers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from langgeom.metrics import Cloud, Resample, kl_knn
from langgeom.metrics.layer import Layer, reach
from langgeom.metrics.parts import Near
from langgeom.metrics.registry import METRICS
from langgeom.metrics.resample import FEWEST, SPLITS

NEIGHBOURS = [
    "id_microscope", "id_microscope_distinct", "id_twonn", "id_twonn_mle", "id_mle", "id_gride", "id_gride_1", "id_gride_32",
]  # fmt: skip
RESAMPLE = Resample(20, seed=5)


def types(seed: int, sentences: int = 60, tokens: int = 16) -> Cloud:
    """Return tokens near the place of their type, whose other tokens stand in other sentences: what hidden states are like."""
    g = torch.Generator().manual_seed(seed)
    places = torch.randn(2000, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    drawn = torch.multinomial(torch.arange(1, 2001) ** -1.0, sentences * tokens, replacement=True, generator=g)
    groups = torch.arange(sentences).repeat_interleave(tokens)
    offset, noise = (torch.randn(n, 8, generator=g, dtype=torch.float64) for n in (sentences, sentences * tokens))
    return Cloud(places[drawn] + 0.3 * offset[groups] + 0.1 * noise, groups)


def test_splits_are_complementary_halves() -> None:
    splits = RESAMPLE.splits(41)
    assert splits.shape == (1 + SPLITS, 41) and splits[0].tolist() == [True, False] * 20 + [True]
    assert (splits.sum(1) == 21).all()
    assert torch.equal(splits, RESAMPLE.splits(41)) and not torch.equal(splits, Resample(20, seed=6).splits(41))
    rows = Cloud(torch.randn(82, 2), torch.arange(82) // 2).sentences.parts(RESAMPLE)
    assert rows[:, 0].all() and (rows[:, 1::2] ^ rows[:, 2::2]).all()


@pytest.mark.parametrize("repeated", [0.0, 0.3])
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_half_is_measured_as_if_it_were_all(name: str, repeated: float, hidden: Callable[..., Tensor]) -> None:
    """Values, halves and interval against the metric called on the points of each half, copies within and across halves."""
    function, points, groups = METRICS[name].function, hidden(400, 12, repeated=repeated).double(), torch.arange(400) // 16
    found = function(Cloud(points, groups), resample=RESAMPLE)
    first, second = (
        torch.tensor([float(function(points[half[groups]])) for half in halves], dtype=torch.float64)
        for halves in (RESAMPLE.splits(25), ~RESAMPLE.splits(25))
    )
    assert float(found.value) == pytest.approx(float(function(points)), rel=1e-12)
    assert [float(found.half_a), float(found.half_b)] == pytest.approx([float(first[0]), float(second[0])], rel=1e-9)
    error = float((first[1:] / second[1:]).log().square().mean().sqrt()) / 2 * RESAMPLE.quantile(24)
    low, high = float(found) * math.exp(-error), float(found) * math.exp(error)
    assert [float(found.low), float(found.high)] == pytest.approx([low, high], rel=1e-9)


def test_halves_of_a_divergence_by_neighbours(hidden: Callable[..., Tensor]) -> None:
    x, y = hidden(80, 6).double(), hidden(80, 6, seed=1).double()
    found = kl_knn(x, y, dims=6, resample=RESAMPLE)
    # In as many axes as there are dimensions, those of a half are those of all, turned.
    even = torch.arange(80) % 2 == 0
    halves = [float(kl_knn(x[half], y[half], dims=6)) for half in (even, ~even)]
    assert [float(found.half_a), float(found.half_b)] == pytest.approx(halves, rel=1e-9)
    assert float(found.high - found.value) == pytest.approx(float(found.value - found.low), rel=1e-9)


@pytest.mark.parametrize("bits", [False, True])
def test_neighbours_within_parts_by_direct_search(bits: bool) -> None:
    """Clusters by sentence, so that lists are too short for some parts, and copies known from their prefixes."""
    g = torch.Generator().manual_seed(0)
    groups = torch.arange(240) // 8
    points = torch.randn(30, 3, generator=g).double()[groups] + 0.05 * torch.randn(240, 3, generator=g).double()
    prefixes = torch.arange(240)
    # The second's first token is the first's, nearly; the third's is the very same.
    points[8], points[16], prefixes[8], prefixes[16] = points[0] + 1e-9, points[0], 0, 0
    cloud = Cloud(points[None].repeat(2, 1, 1), groups, prefixes=prefixes)
    rows = cloud.sentences.parts(RESAMPLE)
    near = Near(cloud.layer(1), rows, bits=bits)
    found = near.neighbours(1, 7, 20, logs=True).distances
    # One point for equal bits, which a prefix's first row stands for.
    places = [row for row in range(240) if row != 16]
    for part in range(0, rows.shape[1], 7):
        stands = rows[:, part].clone()
        stands[0] |= bool(rows[16, part] or (rows[8, part] and not bits))
        stands[8] &= bits
        inside = [place for place, row in enumerate(places) if stands[row]]
        own = points[[places[place] for place in inside]]
        expected = torch.cdist(own, own, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf).sort(1).values
        assert int(near.count[part]) == len(inside)
        torch.testing.assert_close(found[:, part, inside], expected[:, [0, 6, 19]].T, rtol=1e-9, atol=0)
        assert found[:, part].isfinite().sum() == 3 * len(inside)
    assert reach(20) < 240 and isinstance(cloud.layer(1), Layer)


def test_few_sentences_have_no_interval() -> None:
    for sentences in (FEWEST - 1, FEWEST):
        cloud = types(0, sentences, 12)
        for name in ("id_twonn", "anisotropy", "id_pca"):
            found = METRICS[name].function(cloud, resample=RESAMPLE)
            assert found.value.isfinite() and bool(found.low.isfinite()) == (sentences == FEWEST), name


def test_student_s_quantile() -> None:
    stats = pytest.importorskip("scipy.stats")
    for level in (0.5, 0.9, 0.95, 0.99):
        for freedom in (19, 30, 59):
            assert Resample(20, 0, level).quantile(freedom) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=2e-4)
        assert Resample(20, 0, level).quantile(60) == pytest.approx(stats.norm.ppf((1 + level) / 2))


def test_intervals_cover() -> None:
    """95 % of the intervals of 200 samples hold the mean estimate, up to chance; if it were 90 %, this would fail."""
    shares, clouds = [], [types(seed) for seed in range(200)]
    for name in ("id_twonn", "id_mle"):
        found = [METRICS[name].function(cloud, resample=Resample(20, seed=0)) for cloud in clouds]
        values, low, high = (torch.stack([getattr(one, field) for one in found]) for field in ("value", "low", "high"))
        shares.append(float(((low <= values.mean()) & (values.mean() <= high)).double().mean()))
        assert 0.8 < float((high - low).mean() / (3.92 * values.std())) < 1.4, name
    assert 0.93 < sum(shares) / 2 < 0.99, shares
