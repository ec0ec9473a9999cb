"""Metrics of the text: ratios of sums over sentences."""

from __future__ import annotations

import math

import pytest
import torch

from langgeom.metrics import (
    MetricError,
    MissingValueWarning,
    Resample,
    bits_per_byte,
    bpc,
    fertility,
    fragment_tokens,
    information_parity,
    token_premium,
    unknown_tokens,
)


def test_values() -> None:
    nll = torch.tensor([2.0, 6.0]) * math.log(2)
    assert float(bpc(nll, torch.tensor([4, 4]))) == pytest.approx(1.0)
    # A ratio of sums, not the mean of the ratios 2 and 0.75.
    assert float(bits_per_byte(nll, torch.tensor([1, 8]))) == pytest.approx(8 / 9)
    found = fertility(torch.tensor([5, 1]), torch.tensor([2, 2]))
    assert (float(found), int(found.n), int(found.dropped)) == (1.5, 2, 0)


def test_interval_is_student_s_of_the_log() -> None:
    tokens, words, resample = torch.randint(1, 50, (40,)), torch.randint(1, 20, (40,)), Resample(60, seed=5)
    found = fertility(tokens, words, resample=resample)
    value = float(found)
    error = float((tokens - value * words).std()) / 40**0.5 / float(words.double().mean())
    # Student's quantile with 39 degrees of freedom.
    expected = [value * math.exp(side * 2.0227 * error / value) for side in (-1, 1)]
    assert [float(found.low), float(found.high)] == pytest.approx(expected, rel=1e-4)


def test_unknown_tokens() -> None:
    counts = torch.tensor([3, 0, 5]), torch.tensor([4, 6, 10])
    found = unknown_tokens(*(count.repeat(10) for count in counts), resample=Resample(200, seed=0))
    assert (float(found), int(found.n), int(found.dropped)) == (pytest.approx(0.4), 30, 0)
    # Wilson's limits p with the error of a ratio over sentences.
    terms = ((counts[0] - 0.4 * counts[1]) / (20 / 3)).repeat(10)
    # Student's quantile with 29 degrees of freedom over the normal one.
    variance = float(terms.var()) / 30 * (2.0452 / 1.95996) ** 2
    for p in (float(found.low), float(found.high)):
        assert (p - 0.4) ** 2 == pytest.approx(1.959963984540054**2 * p * (1 - p) * variance / 0.24, rel=1e-3)
    # Of no unknown token in 60 sentences Wilson's interval, which has a width: z^2 / (n + z^2).
    none = unknown_tokens(torch.zeros(60), torch.full((60,), 9), resample=Resample(200, seed=0))
    assert (float(none), float(none.low)) == (0, 0) and float(none.high) == pytest.approx(3.8415 / 63.8415, rel=1e-4)
    one = unknown_tokens(torch.tensor([7]), torch.tensor([7]), resample=Resample(200, seed=0))
    assert one.low is not None and one.high is not None
    assert float(one) == 1 and one.low.isnan() and one.high.isnan()
    with pytest.raises(MetricError, match="unknown_tokens: 1 of 2 sentences have more of them than tokens"):
        unknown_tokens(torch.tensor([7, 3]), torch.tensor([4, 3]))


def test_fragments_and_parity() -> None:
    fragments, tokens = torch.tensor([2, 0]), torch.tensor([4, 6])
    assert float(fragment_tokens(fragments, tokens)) == 0.2
    nll, reference = torch.tensor([6.0, 2.0]), torch.tensor([2.0, 2.0])
    assert float(information_parity(nll, reference)) == 2  # of sums, not the mean of 3 and 1
    premium = token_premium(torch.tensor([30, 10] * 20), torch.tensor([10, 10] * 20), resample=Resample(200, seed=0))
    # Student's interval of the log of a ratio, with the error of the terms (x - 2 y) / 10, which are 1 and -1.
    error = (40 / 39) ** 0.5 / 40**0.5
    assert float(premium) == 2 and premium.low is not None and premium.high is not None
    assert float(premium.high) == pytest.approx(2 * math.exp(2.0227 * error / 2), rel=1e-4)
    assert float(premium.low * premium.high) == pytest.approx(4)


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
