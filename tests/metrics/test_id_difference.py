"""Paired differences of intrinsic dimension: parity with the two estimates, joint draws, coverage, failure."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from langgeom.metrics import (
    Cloud,
    MetricError,
    Resample,
    id_microscope,
    id_microscope_difference,
    id_twonn,
    id_twonn_difference,
)
from langgeom.metrics.estimators.id_microscope import microscope_of_layer
from langgeom.metrics.estimators.id_twonn import twonn_of_layer

BOTH = [(id_microscope_difference, id_microscope), (id_twonn_difference, id_twonn)]


@functools.cache  # both metrics are measured of the same clouds, whose neighbours are found once
def planted(sentences: int, extra: float, seed: int) -> tuple[Cloud, Cloud]:
    """Return two versions of sentences of 8 tokens: one in 3 dimensions, one with noise of size `extra` in 3 more."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(sentences, 1, 6, generator=generator, dtype=torch.float64)
    points = centres + torch.randn(sentences, 8, 6, generator=generator, dtype=torch.float64)
    points[:, :, 3:] = 0
    noise = torch.randn(sentences, 8, 6, generator=generator, dtype=torch.float64)
    noise[:, :, :3] = 0
    groups = torch.arange(sentences).repeat_interleave(8)
    return Cloud((points + extra * noise).flatten(0, 1), groups), Cloud(points.flatten(0, 1), groups)


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_it_is_the_difference_of_the_two(difference: Callable, dimension: Callable, hidden: Callable[..., Tensor]) -> None:
    # Different numbers of tokens, and duplicates in one of them.
    x, y = (
        torch.stack([hidden(240), hidden(240, seed=1)]),
        torch.stack([hidden(220, seed=2, repeated=0.1), hidden(220, seed=3)]),
    )
    ours, theirs = Cloud(x, torch.arange(240) // 12), Cloud(y, torch.arange(220) // 11)
    found = difference(ours, theirs)
    assert torch.equal(found.value, dimension(ours).value - dimension(theirs).value)
    assert found.n.tolist() == [20, 20] and found.dropped.tolist() == [0, 0] and found.low is None


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_both_are_drawn_at_once(difference: Callable, dimension: Callable) -> None:
    x, y = planted(40, 0.5, seed=0)
    resample = Resample(30, seed=2)
    found = difference(x, y, resample=resample)

    measure = microscope_of_layer if dimension is id_microscope else twonn_of_layer

    def draw(cloud: Cloud, counts: Tensor) -> float:
        replicates = measure(cloud.layer(0), counts[None]).replicates
        assert replicates is not None
        return float(replicates[0])

    draws = torch.tensor([draw(x, counts) - draw(y, counts) for counts in resample.counts(40)], dtype=torch.float64)
    low, high = resample.interval(draws)
    shift = float(found) - float(draws.quantile(0.5))
    assert [float(found.low), float(found.high)] == pytest.approx([float(low) + shift, float(high) + shift], rel=1e-9)


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_identical_texts_do_not_differ(difference: Callable, dimension: Callable) -> None:
    x, _ = planted(30, 0.5, seed=1)
    found = difference(x, Cloud(x.points[0].clone(), x.groups), resample=Resample(50, seed=0))
    assert (float(found), float(found.low), float(found.high)) == (0, 0, 0)


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_the_order_of_the_two_gives_the_sign(difference: Callable, dimension: Callable) -> None:
    x, y = planted(60, 0.8, seed=2)
    forth, back = (difference(*pair, resample=Resample(50, seed=0)) for pair in ((x, y), (y, x)))
    assert float(forth) == -float(back) > 0.5
    assert [float(forth.low), float(forth.high)] == pytest.approx([-float(back.high), -float(back.low)], rel=1e-9)
    assert float(forth.low) > 0


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_intervals_cover_what_was_planted(difference: Callable, dimension: Callable) -> None:
    """Of 80 samples, the interval holds the mean over many others in 95 % up to sampling, and is not idly wide."""
    samples = [difference(*planted(60, 0.3, seed), resample=Resample(100, seed=0)) for seed in range(80)]
    truth = sum(float(difference(*planted(60, 0.3, 1000 + seed))) for seed in range(120)) / 120
    covered = sum(float(found.low) <= truth <= float(found.high) for found in samples)
    assert 66 <= covered <= 80
    spread = torch.tensor([float(found) for found in samples]).std()
    width = sum(float(found.high - found.low) for found in samples) / 80
    assert width < 2 * 3.92 * float(spread)


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_pairing_makes_the_interval_narrow(difference: Callable, dimension: Callable) -> None:
    x, y = planted(80, 0.02, seed=3)
    resample = Resample(100, seed=0)
    paired = difference(x, y, resample=resample)
    one = dimension(x, resample=resample)
    assert float(paired.high - paired.low) < float(one.high - one.low)


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_what_cannot_be_compared(difference: Callable, dimension: Callable) -> None:
    x, y = planted(20, 0.5, seed=4)
    with pytest.raises(MetricError, match=r"20 sentences, the reference 1, 6, 10; they must agree"):
        difference(x, Cloud(y.points[0, :80], y.groups[:80]))
    broken = y.points[0].clone()
    broken[3] = torch.nan
    with pytest.raises(MetricError, match="1 of 160 points with NaN"):
        difference(x, Cloud(broken, y.groups))
    with pytest.warns(UserWarning, match="no value"):
        found = difference(x, Cloud(torch.ones(160, 6, dtype=torch.float64), y.groups), resample=Resample(20, seed=0))
    assert found.value.isnan() and found.low.isnan() and int(found.n) == 20
