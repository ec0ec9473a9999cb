"""`kl_mean` and `kl_padded` against the study's formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from langgeom.metrics import Cloud, MetricError, Resample, kl_mean, kl_padded
from langgeom.metrics.registry import METRICS


def plain_kl(x: Tensor, y: Tensor) -> Tensor:
    """KL(softmax(x) || softmax(y)) over the last axis, as the study writes it."""
    p, q = torch.softmax(x.double(), -1), torch.softmax(y.double(), -1)
    return (p * torch.log(p / q)).sum(-1)


def test_kl_mean_formula_and_directions() -> None:
    x, y = torch.randn(3, 20, 8).bfloat16(), torch.randn(3, 20, 8)
    torch.testing.assert_close(kl_mean(x, y).value, plain_kl(x, y).mean(1))
    torch.testing.assert_close(kl_mean(x, y, direction="from_reference").value, plain_kl(y, x).mean(1))
    torch.testing.assert_close(METRICS["kl_mean_reverse"].function(x, y).value, plain_kl(y, x).mean(1))
    assert kl_mean(x, y).n.tolist() == [20, 20, 20]


def test_kl_mean_known_value() -> None:
    # Softmax of (ln 3, 0) is (3/4, 1/4), of (0, 0) (1/2, 1/2).
    x, y = torch.tensor([[3.0, 1.0]]).log(), torch.zeros(1, 2)
    assert float(kl_mean(x, y)) == pytest.approx(0.75 * 0.4054651081 - 0.25 * 0.6931471806, rel=1e-7)


def test_kl_of_a_text_to_itself_is_zero_and_large_values_stay_finite() -> None:
    x = torch.randn(10, 8) * 1e4
    assert float(kl_mean(x, x)) == 0
    assert 0 < float(kl_mean(x, -x)) < 1e6


def test_kl_mean_interval_is_the_bootstrap_t() -> None:
    x, y, resample = torch.randn(30, 8), torch.randn(30, 8), Resample(50, seed=1, level=0.8)
    terms = plain_kl(x, y)

    def mean_and_error(values: Tensor) -> tuple[float, float]:
        return float(values.mean()), float(values.var() / len(values)) ** 0.5

    mean, error = mean_and_error(terms)
    drawn = [mean_and_error(terms.repeat_interleave(counts)) for counts in resample.counts(30)]
    low, high = np.quantile([(one - mean) / own for one, own in drawn], [0.1, 0.9])
    found = kl_mean(x, y, resample=resample)
    assert [float(found.low), float(found.high)] == pytest.approx([mean - high * error, mean - low * error], rel=1e-7)


def test_kl_mean_of_the_same_words_in_another_order_is_zero() -> None:
    """Their means differ by rounding alone, which is no divergence and has no error."""
    x = torch.randn(30, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = kl_mean(x, x * (1 + 1e-15), resample=Resample(50, seed=1))
    assert [float(found.low), float(found.value), float(found.high)] == [0, 0, 0]


@pytest.mark.parametrize(("large", "interval"), [(1, False), (3, True)])
def test_a_mean_that_one_sentence_holds_has_no_interval(large: int, interval: bool) -> None:
    x, y = torch.zeros(30, 2), torch.full((30, 2), 1e-3)
    x[:, 0], y[:large, 0] = 1e-3, 3.0
    found = kl_mean(x, y, resample=Resample(200, seed=1))
    assert bool(found.low.isfinite() and found.high.isfinite()) == interval
    assert float(found.value) > 0


def test_kl_mean_scaled() -> None:
    x, y = torch.randn(2, 30, 8), torch.randn(2, 30, 8) * 3
    size = y.double().square().mean((1, 2), keepdim=True).sqrt()
    scaled = METRICS["kl_mean_scaled"].function
    torch.testing.assert_close(scaled(x, y).value, plain_kl(x / size, y / size).mean(1))
    torch.testing.assert_close(scaled(100 * x, 100 * y).value, scaled(x, y).value)
    with pytest.warns(UserWarning, match="no value"):
        assert scaled(x, torch.zeros_like(x)).value.isnan().all()


def ragged(sizes: list[int], dim: int, seed: int) -> tuple[Tensor, Tensor]:
    points = torch.randn(2, sum(sizes), dim, generator=torch.Generator().manual_seed(seed))
    return points, torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))


def padded(points: Tensor, sizes: list[int], length: int) -> Tensor:
    """Return [layers, sentences, length, d] with zeros beyond each sentence's end."""
    return torch.stack(
        [torch.nn.functional.pad(part, (0, 0, 0, length - part.shape[1])) for part in points.split(sizes, dim=1)], 1
    )


@pytest.mark.parametrize("length", [5, 9])
def test_kl_padded_is_the_study_with_any_padding(length: int) -> None:
    sizes_x, sizes_y = [3, 5, 1, 2], [4, 2, 1, 5]
    (x, groups_x), (y, groups_y) = ragged(sizes_x, 6, 0), ragged(sizes_y, 6, 1)
    whole_x, whole_y = padded(x, sizes_x, length), padded(y, sizes_y, length)
    clouds = Cloud(x, groups_x), Cloud(y, groups_y)
    # The study's mean over sentences and positions, times the padded length.
    torch.testing.assert_close(kl_padded(*clouds).value, plain_kl(whole_x, whole_y).mean((1, 2)) * length)
    backward = plain_kl(whole_y, whole_x).mean((1, 2)) * length
    torch.testing.assert_close(kl_padded(*clouds, direction="from_reference").value, backward)
    torch.testing.assert_close(METRICS["kl_padded_reverse"].function(*clouds).value, backward)
    assert kl_padded(*clouds).n.tolist() == [4, 4]


def test_kl_padded_is_the_sum_of_its_sides() -> None:
    """The mean over positions that both have, by hand, and what the others add; `kl_mean` on the same sentences."""
    sizes_x, sizes_y = [3, 5, 1, 2], [4, 2, 1, 5]
    (x, groups_x), (y, groups_y) = ragged(sizes_x, 6, 0), ragged(sizes_y, 6, 1)
    clouds = Cloud(x, groups_x), Cloud(y, groups_y)
    terms, means, common = [], [], torch.tensor([3.0, 2, 1, 2])
    for ours, theirs, size in zip(x.split(sizes_x, 1), y.split(sizes_y, 1), common.int().tolist(), strict=True):
        terms.append(plain_kl(ours[:, :size], theirs[:, :size]).mean(1))
        means.append(plain_kl(ours.mean(1), theirs.mean(1)))
    positions, length = METRICS["kl_positions"].function(*clouds).value, METRICS["kl_length"].function(*clouds).value
    torch.testing.assert_close(positions, torch.stack(terms).mean(0))
    torch.testing.assert_close(kl_padded(*clouds).value - length, (torch.stack(terms) * common[:, None]).mean(0).double())
    torch.testing.assert_close(METRICS["kl_mean_whole"].function(*clouds).value, torch.stack(means).mean(0), rtol=1e-6, atol=0)


def test_kl_padded_takes_sentences_in_any_storage_order() -> None:
    (x, groups_x), (y, groups_y) = ragged([3, 2, 4], 6, 0), ragged([2, 2, 5], 6, 1)
    # Stable by sentence, so that tokens keep their order within each.
    order = torch.tensor([5, 6, 7, 8, 0, 1, 2, 3, 4])
    moved = kl_padded(Cloud(x[:, order], groups_x[order]), Cloud(y, groups_y + 7))
    torch.testing.assert_close(moved.value, kl_padded(Cloud(x, groups_x), Cloud(y, groups_y)).value)


def test_what_does_not_align_is_refused() -> None:
    with pytest.raises(MetricError, match=r"kl_mean: points \[1, 5, 4\] and reference \[1, 6, 4\]"):
        kl_mean(torch.randn(5, 4), torch.randn(6, 4))
    with pytest.raises(MetricError, match="kl_padded: points have 1 layers, 4 dimensions, 5 sentences"):
        kl_padded(Cloud(torch.randn(5, 4)), Cloud(torch.randn(6, 4)))
    with pytest.raises(MetricError, match="'backwards'"):
        kl_mean(torch.randn(5, 4), torch.randn(5, 4), direction="backwards")
    with pytest.raises(MetricError, match="kl_mean: in the reference, layer 0 has 1 of 5 points with NaN"):
        kl_mean(torch.randn(5, 4), torch.full((5, 4), 1.0).index_fill_(0, torch.tensor([2]), torch.nan))
