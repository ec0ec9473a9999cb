"""`matrix_entropy` and `curvature`: parity with plain numpy, known truth, which sentences and tokens count, intervals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from langgeom.metrics import Cloud, Resample, curvature, matrix_entropy

RESAMPLE = Resample(60, seed=1)
RANDOM = np.random.default_rng(0)


def entropy(tokens: np.ndarray) -> float:
    """Giraldo's: -sum l log2 l of K_st / sqrt(K_ss K_tt) / n, over log2 n."""
    kernel = tokens @ tokens.T
    root = np.sqrt(np.diag(kernel))
    values = np.linalg.eigvalsh(kernel / np.outer(root, root) / len(tokens))
    values = values[values > 1e-15]
    return float(-(values * np.log2(values)).sum() / np.log2(len(tokens)))


def angles(path: np.ndarray) -> float:
    """Mean angle between successive steps, one at a time; a step that is none has no angle."""
    steps = [after - before for before, after in itertools.pairwise(path)]
    found = [
        math.degrees(math.acos(np.clip(one @ other / math.sqrt((one @ one) * (other @ other)), -1, 1)))
        for one, other in itertools.pairwise(steps) if one.any() and other.any()
    ]  # fmt: skip
    return float(np.mean(found))


def sentences(sizes: list[int], dim: int = 12) -> tuple[list[np.ndarray], Cloud]:
    parts = [RANDOM.normal(size=(size, dim)) * RANDOM.uniform(0.1, 9) + RANDOM.normal(size=dim) for size in sizes]
    return parts, Cloud(
        torch.from_numpy(np.concatenate(parts)), torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    )


def test_parity_of_entropy_on_tokens_spread_over_the_sentence() -> None:
    parts, cloud = sentences([8, 3, 16, 20, 7])
    places = {8: range(8), 16: range(1, 16, 2), 20: [1, 3, 6, 8, 11, 13, 16, 18]}
    found = matrix_entropy(cloud, length=8)
    expected = [entropy(parts[row][list(places[len(parts[row])])]) for row in (0, 2, 3)]
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-12)
    assert (int(found.n), int(found.dropped)) == (24, 30)
    with pytest.warns(UserWarning, match="matrix_entropy: no value"):
        assert matrix_entropy(cloud, length=21).value.isnan()


def test_entropy_of_known_sentences() -> None:
    """None along one ray, all of it where tokens are orthogonal, and of k equal parts ln k / ln n; sizes do not matter."""
    ray = torch.outer(torch.arange(1.0, 17), torch.tensor([1.0, 2, 3] * 8))
    apart = torch.eye(16, 24) * torch.arange(1.0, 17)[:, None]
    for tokens, expected in ((ray, 0), (apart, 1), (apart[[0, 1, 2, 3] * 4], math.log(4) / math.log(16))):
        assert float(matrix_entropy(Cloud(tokens, torch.zeros(16).long()))) == pytest.approx(expected, abs=1e-9)


def test_parity_of_curvature() -> None:
    parts, cloud = sentences([9, 2, 5, 1, 30])
    parts[2][3] = parts[2][2]
    mixed = cloud.groups[torch.randperm(cloud.n, generator=torch.Generator().manual_seed(0))]
    points = torch.empty_like(cloud.points[0])
    points[mixed.argsort(stable=True)] = torch.from_numpy(np.concatenate(parts))
    found = curvature(Cloud(points, mixed), cloud)
    assert float(found) == pytest.approx(np.mean([angles(parts[row]) for row in (0, 2, 4)]), rel=1e-9)
    assert (int(found.n), int(found.dropped)) == (3, 2)


@pytest.mark.parametrize(
    ("path", "degrees", "within"),
    [
        (torch.outer(torch.arange(20.0), torch.ones(5)), 0, 1e-5),
        (
            torch.stack([torch.arange(0, 6.28, 0.1).cos(), torch.arange(0, 6.28, 0.1).sin()], 1).double(),
            math.degrees(0.1),
            1e-6,
        ),
        (torch.randn(300, 2000, generator=torch.Generator().manual_seed(0)), 120, 0.3),
        (torch.randn(300, 2000, generator=torch.Generator().manual_seed(0)).cumsum(0), 90, 0.3),
    ],
    ids=["line", "circle", "points on their own", "random walk"],
)
def test_curvature_of_known_paths(path: Tensor, degrees: float, within: float) -> None:
    cloud = Cloud(path, torch.zeros(len(path)).long())
    assert float(curvature(cloud, cloud)) == pytest.approx(degrees, abs=within)


def test_intervals_are_of_the_sentences_that_count() -> None:
    """Bootstrap-t of their values; fewer than 20 have none, whatever the others; documents are drawn whole."""
    sizes = [9] * 30 + [2] * 30
    parts, cloud = sentences(sizes)
    documents = np.arange(60) // 3
    for of in ((), documents.tolist()):
        how = Resample(60, seed=1, documents=of)
        values = torch.tensor([angles(part) for part in parts[:30]], dtype=torch.float64)
        found = curvature(cloud, cloud, resample=how)
        if of:
            assert found.low.isnan(), "ten documents"
        else:
            assert [float(found.low), float(found.high)] == pytest.approx(how.studentised(values), rel=1e-9)
    values = torch.tensor([entropy(part[[0, 2, 4, 6, 8]]) for part in parts[:30]], dtype=torch.float64)
    found = matrix_entropy(cloud, length=5, resample=RESAMPLE)
    assert [float(found.low), float(found.high)] == pytest.approx(RESAMPLE.studentised(values), rel=1e-9)
    few = Cloud(cloud.points[0][11 * 9 :], cloud.groups[11 * 9 :])
    assert matrix_entropy(few, length=5, resample=RESAMPLE).low.isnan()
