"""Metrics of the text: ratios of sums over sentences."""

from __future__ import annotations

import math

import pytest
import torch

from intervals import interval
from langgeom.metrics import MetricError, MissingValueWarning, Resample, bits_per_byte, bpc, fertility


def test_values() -> None:
    nll = torch.tensor([2.0, 6.0]) * math.log(2)
    assert float(bpc(nll, torch.tensor([4, 4]))) == pytest.approx(1.0)
    # A ratio of sums, not the mean of the ratios 2 and 0.75.
    assert float(bits_per_byte(nll, torch.tensor([1, 8]))) == pytest.approx(8 / 9)
    found = fertility(torch.tensor([5, 1]), torch.tensor([2, 2]))
    assert (float(found), int(found.n), int(found.dropped)) == (1.5, 2, 0)


def test_interval_is_that_of_drawn_sentences() -> None:
    tokens, words, resample = torch.randint(1, 50, (40,)), torch.randint(1, 20, (40,)), Resample(60, seed=5)
    ratios = [float((tokens * c).sum() / (words * c).sum()) for c in resample.counts(40)]
    found = fertility(tokens, words, resample=resample)
    assert [float(found.low), float(found.high)] == pytest.approx(interval(found, ratios), rel=1e-6)


def test_nothing_to_divide_by() -> None:
    with pytest.warns(MissingValueWarning, match="fertility"):
        found = fertility(torch.tensor([3]), torch.tensor([0]))
    assert found.value.isnan() and (int(found.n), int(found.dropped)) == (0, 1)
    found = fertility(torch.tensor([3, 8, 4]), torch.tensor([0, 2, 2]))
    assert (float(found), int(found.n), int(found.dropped)) == (3.0, 2, 1)


@pytest.mark.parametrize(
    ("nll", "characters", "said"),
    [
        ([1.0, math.nan], [3, 3], "1 of 2 sentences"),
        ([1.0, -2.0], [3, 3], "1 of 2 sentences"),
        ([1.0], [3, 3], r"\[1\] and \[2\]"),
        ([], [], r"\[0\]"),
    ],
)
def test_bad_counts(nll: list[float], characters: list[int], said: str) -> None:
    with pytest.raises(MetricError, match=rf"bpc: .*{said}"):
        bpc(torch.tensor(nll), torch.tensor(characters))
