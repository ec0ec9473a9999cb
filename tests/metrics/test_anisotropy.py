"""`anisotropy`, `anisotropy_uncentred` and the iteration below them, against a float64 SVD."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from intervals import interval
from langgeom.metrics import Cloud, Resample, anisotropy, anisotropy_uncentred
from langgeom.metrics.layer import Sentences
from langgeom.metrics.numerics import row_norms
from langgeom.metrics.spectral import largest_of_replicates, leading


def by_svd(points: Tensor, centre: bool) -> float:
    points = points.double()
    squares = torch.linalg.svdvals(points - points.mean(0) if centre else points).square()
    return float(squares[0] / squares.sum())


def tied(n: int, dim: int) -> Tensor:
    """Three equal largest singular values above a decay."""
    left = torch.linalg.qr(torch.randn(n, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(0))).Q
    right = torch.linalg.qr(torch.randn(dim, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(1))).Q
    values = torch.cat([torch.full((3,), 5.0), torch.linspace(4.9, 0.1, dim - 3)])
    return (left * values) @ right.T


def gaussian(n: int, dim: int) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(5))


CLOUDS = {
    "flat": gaussian(500, 300),
    "flat and wide": gaussian(300, 500),
    "flat and narrow": gaussian(600, 40),
    "tied": tied(400, 300),
    "tied float32": tied(400, 300).float(),
    "rank one": gaussian(300, 1) @ gaussian(1, 280) + 2,
    "one dimension": gaussian(300, 1),
    "two points": gaussian(2, 50),
}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize(("metric", "centre"), [(anisotropy, True), (anisotropy_uncentred, False)])
def test_equals_svd(name: str, metric: Callable, centre: bool) -> None:
    assert float(metric(CLOUDS[name])) == pytest.approx(by_svd(CLOUDS[name], centre), rel=1e-6)


@pytest.mark.parametrize(("alike", "rest", "seed"), [
    (2, 0.5, 1805), (2, 0.5, 2414), (2, 0.5, 162), (2, 0.3, 278), (2, 0.3, 725), (2, 0.1, 542), (3, 0.5, 0), (6, 0.9, 2),
])  # fmt: skip
def test_near_ties_are_no_obstacle(alike: int, rest: float, seed: int) -> None:
    """Clouds on which an iteration from one vector ends at the second eigenvalue, for some start vector."""
    scale = torch.tensor([1.0] * alike + [rest] * (200 - alike))
    points = torch.randn(600, 200, generator=torch.Generator().manual_seed(seed)) * scale
    assert float(anisotropy(points)) == pytest.approx(by_svd(points, True), rel=1e-6)
    centred = points - points.mean(0)
    exact = float(torch.linalg.matrix_norm(centred.double(), 2).square())
    for start in range(10):
        assert leading(centred, seed=start).square == pytest.approx(exact, rel=1e-6)


def test_replicates_with_near_ties() -> None:
    points = torch.randn(600, 100, generator=torch.Generator().manual_seed(3)) * torch.tensor([1.0, 1.0] + [0.5] * 98)
    sentences = Sentences(torch.arange(600) // 10, 600, points.device)
    counts = sentences.counts(Resample(60, seed=3))
    assert counts is not None
    centred = points - points.mean(0)
    directions = leading(centred, vectors=8).vectors
    found = largest_of_replicates(centred, row_norms(centred), sentences, counts, directions, centre=True)
    exact = torch.tensor([by_recomputation(points, weights[sentences.groups], True) for weights in counts], dtype=torch.float64)
    assert float((found - exact).abs().max()) < 0.3 * float(exact.std())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("shape", [(500, 300), (280, 400)])
@pytest.mark.parametrize(("metric", "centre"), [(anisotropy, True), (anisotropy_uncentred, False)])
def test_equals_svd_on_hidden_states(
    hidden: Callable[..., Tensor], dtype: torch.dtype, shape: tuple[int, int], metric: Callable, centre: bool
) -> None:
    points = hidden(*shape, repeated=0.2).to(dtype)
    found = metric(points)
    assert float(found) == pytest.approx(by_svd(points, centre), rel=1e-6)
    assert (int(found.n), int(found.dropped)) == (shape[0], 0)


def test_uncentred_sees_the_mean(hidden: Callable[..., Tensor]) -> None:
    points = hidden()
    assert float(anisotropy_uncentred(points)) > 0.99
    assert float(anisotropy(points)) < 0.9


def test_microscope_agrees_when_centred(microscope, hidden: Callable[..., Tensor]) -> None:  # type: ignore[no-untyped-def]
    points = hidden()
    assert float(anisotropy(points)) == pytest.approx(microscope.calculate_anisotropy_torch(points.double()), rel=1e-6)


def test_leading_vectors(hidden: Callable[..., Tensor]) -> None:
    for matrix in (hidden(400, 300).double(), hidden(300, 400).double()):
        found = leading(matrix, vectors=4)
        exact = torch.linalg.svd(matrix)
        torch.testing.assert_close(found.vectors.T @ found.vectors, torch.eye(4, dtype=torch.float64))
        assert abs(float(found.vectors[:, 0] @ exact.Vh[0])) == pytest.approx(1, abs=1e-6)
        assert found.square == pytest.approx(float(exact.S[0] ** 2), rel=1e-6)


def by_recomputation(points: Tensor, weights: Tensor, centre: bool) -> float:
    """Write each point down as often as it counts and take the SVD."""
    return by_svd(points.repeat_interleave(weights, dim=0), centre)


@pytest.mark.parametrize("kind", ["hidden", "flat"])
@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("tokens", [20, 1])
def test_replicates_against_recomputation(hidden: Callable[..., Tensor], kind: str, centre: bool, tokens: int) -> None:
    points = hidden(600, 100) if kind == "hidden" else gaussian(600, 100)
    groups = torch.arange(600) // tokens
    sentences = Sentences(groups, 600, points.device)
    counts = sentences.counts(Resample(60, seed=1))
    assert counts is not None
    matrix = points - points.mean(0) if centre else points
    directions = leading(matrix, vectors=8).vectors
    found = largest_of_replicates(matrix, row_norms(matrix), sentences, counts, directions, centre=centre)
    exact = torch.tensor([by_recomputation(points, weights[groups], centre) for weights in counts], dtype=torch.float64)
    spread = exact.std()
    assert abs((found - exact).mean()) < 0.2 * spread
    assert (found - exact).abs().median() < 0.3 * spread
    ends = torch.tensor([0.025, 0.975], dtype=torch.float64)
    assert ((found.quantile(ends) - exact.quantile(ends)).abs() < 0.5 * spread).all()


def test_interval(hidden: Callable[..., Tensor]) -> None:
    points, groups = hidden(), torch.arange(300) // 10
    found = anisotropy(Cloud(points, groups), resample=Resample(100, seed=2))
    exact = torch.tensor([by_recomputation(points, w[groups], True) for w in Resample(100, seed=2).counts(30)])
    low, high = interval(found, exact, 30)
    assert [float(found.low), float(found.high)] == pytest.approx([low, high], abs=0.05 * (high - low))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_an_interval_holds_its_estimate(seed: int) -> None:
    """A flat spectrum in few points: replicates repeat points, and all of them are more anisotropic than the sample."""
    points = torch.randn(60, 40, generator=torch.Generator().manual_seed(seed))
    found = anisotropy(Cloud(points, torch.arange(60) // 3), resample=Resample(40, seed=0))
    assert found.low is not None and found.high is not None
    assert float(found.low) < float(found) < float(found.high)


@pytest.mark.parametrize("dim", [640, 8192])
def test_massive_dimensions_hide_no_small_ones(dim: int) -> None:
    # Every entry beside two large ones is rounded away in the same direction where squares are summed in float32.
    points = torch.full((400, dim), 0.3) + 0.1 * torch.randn(400, dim, generator=torch.Generator().manual_seed(0))
    for column, size in ((3, 900.0), (500, 400.0)):
        points[:, column] = size * torch.randn(400, generator=torch.Generator().manual_seed(column))
    points = points.bfloat16()
    for measure, exact in ((anisotropy, points.double() - points.double().mean(0)), (anisotropy_uncentred, points.double())):
        squares = torch.linalg.svdvals(exact).square()
        assert float(measure(points)) == pytest.approx(float(squares[0] / squares.sum()), rel=1e-6)
