"""Information imbalance and mutual nearest neighbours: loops, known truth, ties and copies, numbers that hide smaller ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from langgeom.metrics import MetricError, MissingValueWarning, Resample, information_imbalance, mutual_knn
from langgeom.metrics.registry import METRICS


def gaussian(n: int, dim: int, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_loops(x: Tensor, y: Tensor, k: int) -> tuple[float, float]:
    """Return both numbers as they are defined, sentence by sentence."""
    n, ranks, shared = len(x), 0, 0
    for i in range(n):
        near, other = (sorted((j for j in range(n) if j != i), key=lambda j, z=z: float((z[i] - z[j]).norm())) for z in (x, y))
        ranks += 1 + other.index(near[0])
        shared += len({*near[:k]} & {*other[:k]})
    return 2 * ranks / n**2, shared / (k * n)


@pytest.mark.parametrize("noise", [0.3, 2.0])
def test_both_by_loops(noise: float) -> None:
    x = gaussian(40, 6)
    y = x + noise * gaussian(40, 6, 1)
    imbalance, shared = by_loops(x, y, 5)
    assert float(information_imbalance(x, y)) == pytest.approx(imbalance, rel=1e-12)
    assert float(mutual_knn(x, y, k=5)) == float(mutual_knn(y, x, k=5)) == pytest.approx(shared, rel=1e-12)
    backward = METRICS["information_imbalance_reverse"].function(x, y)
    assert float(backward) == pytest.approx(by_loops(y, x, 5)[0], rel=1e-12)


def test_spaces_that_are_one_and_spaces_that_share_nothing() -> None:
    x = gaussian(200, 10)
    turn = torch.linalg.qr(gaussian(10, 10, 1)).Q
    assert (
        float(information_imbalance(x, 3 * x @ turn + 5)) == pytest.approx(2 / 200)
        and float(mutual_knn(x, 3 * x @ turn + 5)) == 1
    )
    pairs = [(gaussian(200, 10, seed), gaussian(200, 10, seed + 100)) for seed in range(30)]
    values, shares = (np.array([float(metric(*pair)) for pair in pairs]) for metric in (information_imbalance, mutual_knn))
    assert abs(values.mean() - 1) < 4 * values.std() / 30**0.5 and abs(shares.mean() - 10 / 199) < 4 * shares.std() / 30**0.5


def test_a_space_predicts_its_projection_and_not_the_other_way_round() -> None:
    x = gaussian(300, 2)
    y = x * torch.tensor([1.0, 1e-3])
    forward, backward = (float(METRICS[f"information_imbalance{way}"].function(x, y)) for way in ("", "_reverse"))
    assert forward < 0.15 and backward > 0.35


def test_ties_share_their_ranks() -> None:
    """On a line of whole numbers an inner point has two nearest; a space of one point tells nothing of another."""
    line, other = (
        torch.tensor(places, dtype=torch.float64)[:, None] for places in ([0, 1, 2, 3, 4, 5], [0, 10, 30, 60, 100, 150])
    )
    # From 30 it is as far to 0 as to 60.
    ranks = [1, (1 + 2) / 2, (1 + 2.5) / 2, (1 + 2) / 2, (1 + 2) / 2, 1]
    assert float(information_imbalance(line, other)) == pytest.approx(2 / 6 * sum(ranks) / 6, rel=1e-12)
    one, points = torch.full((60, 3), 0.1, dtype=torch.float64), gaussian(60, 3)
    assert float(information_imbalance(one, points)) == pytest.approx(1) == float(information_imbalance(points, one))
    assert float(mutual_knn(one, points)) == pytest.approx(10 / 59)


def test_copies_in_both_spaces_are_one() -> None:
    x, y = gaussian(60, 4), gaussian(60, 4, 1)
    x[30:40], y[30:40], x[50] = x[:10].clone(), y[:10].clone(), x[49]
    kept = [*range(30), *range(40, 60)]
    for metric in (information_imbalance, mutual_knn):
        found, alone = metric(x, y, resample=Resample(20, 0)), metric(x[kept], y[kept])
        assert float(found) == float(alone) and (int(found.n), int(found.dropped)) == (50, 10) and 0 < float(found.p) <= 1


@pytest.mark.parametrize("name", ["information_imbalance", "information_imbalance_reverse", "mutual_knn"])
def test_a_massive_dimension_and_near_copies_leave_the_neighbours(name: str) -> None:
    """A number common to all points, 1e8 times their spread; and points nearer to each other than the products' rounding."""
    metric, x = METRICS[name].function, gaussian(80, 5)
    y, far = x + 0.5 * gaussian(80, 5, 1), x.clone()
    far[:, 3] += 1e8
    assert float(metric(far, y)) == pytest.approx(float(metric(x, y)), rel=1e-12)
    tight = 1e-9 * x
    tight[:40] += 1  # two clusters, each within 1e-9
    loose = 1e-3 * x
    loose[:40] += 1
    assert float(metric(tight, y)) == pytest.approx(float(metric(loose, y)), rel=0.05)


@pytest.mark.parametrize("n", [60, 61])
def test_halves_have_neighbours_of_their_own(n: int) -> None:
    x = gaussian(n, 6)
    y = x + gaussian(n, 6, 1)
    for metric in (information_imbalance, mutual_knn):
        found = metric(x, y, resample=Resample(50, 0))
        assert float(found.half_a) == pytest.approx(float(metric(x[::2], y[::2])), rel=1e-12)
        assert float(found.half_b) == pytest.approx(float(metric(x[1::2], y[1::2])), rel=1e-12)
        assert float(found.low) < float(found) < float(found.high)


def test_too_few_sentences_have_no_value() -> None:
    x, y = gaussian(11, 4), gaussian(11, 4, 1)
    with pytest.warns(MissingValueWarning, match="mutual_knn"):
        assert mutual_knn(x, y).value.isnan()
    assert float(mutual_knn(x, y, k=9)) > 0 and float(information_imbalance(x[:3], y[:3])) > 0
    with pytest.raises(MetricError, match="mutual_knn: k is 0"):
        mutual_knn(x, y, k=0)
