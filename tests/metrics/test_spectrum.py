"""`id_pca`, `isoscore`, `effective_rank`, `spectral_slope`, `mean_cosine`: parity, known values, intervals by recomputation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from intervals import interval
from langgeom.metrics import Cloud, MetricError, Resample, effective_rank, id_pca, isoscore, mean_cosine, spectral_slope

SHAPES = [(300, 64), (60, 200)]


def variances(points: Tensor) -> Tensor:
    points = points.double()
    return torch.linalg.svdvals(points - points.mean(0)).square()


def ratio(points: Tensor) -> float:
    return float(variances(points).sum() ** 2 / variances(points).square().sum())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_participation_parity(hidden: Callable[..., Tensor], shape: tuple[int, int], dtype: torch.dtype) -> None:
    skdim = pytest.importorskip("skdim")
    points = hidden(*shape).to(dtype)
    found = float(id_pca(points))
    expected = ratio(points)
    assert found == pytest.approx(expected, rel=1e-5)
    peer = skdim.id.lPCA(ver="participation_ratio").fit(points.double().numpy())
    assert peer.dimension_ == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_isoscore_parity(hidden: Callable[..., Tensor], shape: tuple[int, int]) -> None:
    package = pytest.importorskip("IsoScore.IsoScore")
    for points in (hidden(*shape), torch.randn(*shape, generator=torch.Generator().manual_seed(0))):
        assert float(isoscore(points)) == pytest.approx(float(package.IsoScore(points.double().numpy())), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_effective_rank_formula(hidden: Callable[..., Tensor], shape: tuple[int, int]) -> None:
    points = hidden(*shape)
    sigma = variances(points).sqrt()
    sigma = sigma[: min(shape[0] - 1, shape[1])]
    share = sigma / sigma.sum()
    assert float(effective_rank(points)) == pytest.approx(float(torch.exp(-(share * share.log()).sum())), rel=1e-6)


def test_known_values() -> None:
    cross = torch.cat([torch.eye(7), -torch.eye(7)])
    assert float(id_pca(cross)) == pytest.approx(7) and float(effective_rank(cross)) == pytest.approx(7)
    assert float(isoscore(cross)) == pytest.approx(1) and float(mean_cosine(cross)) == pytest.approx(-1 / 13)
    line = torch.outer(torch.arange(9.0), torch.tensor([1.0, 2, 3]))
    assert float(id_pca(line)) == pytest.approx(1) and float(effective_rank(line)) == pytest.approx(1)
    assert float(isoscore(line)) == pytest.approx(0, abs=1e-6)
    found = mean_cosine(line)
    assert (float(found), int(found.n), int(found.dropped)) == (pytest.approx(1), 8, 1)
    with pytest.warns(UserWarning, match="isoscore: no value"):
        assert isoscore(torch.randn(9, 1)).value.isnan()


def test_mean_cosine_is_the_mean_over_pairs(hidden: Callable[..., Tensor]) -> None:
    points = hidden(80).bfloat16()
    table = torch.nn.functional.normalize(points.double(), dim=1)
    pairs = (table @ table.T)[~torch.eye(80, dtype=torch.bool)]
    assert float(mean_cosine(points)) == pytest.approx(float(pairs.mean()), rel=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tokens", [3, 1])
def test_participation_interval_is_that_of_recomputation(
    hidden: Callable[..., Tensor], shape: tuple[int, int], tokens: int
) -> None:
    points, groups, resample = hidden(*shape), torch.arange(shape[0]) // tokens, Resample(30, seed=2)
    counts = resample.counts(int(groups.max()) + 1)
    exact = torch.tensor([ratio(points.repeat_interleave(w[groups], dim=0)) for w in counts], dtype=torch.float64)
    found = id_pca(Cloud(points, groups), resample=resample)
    assert [float(found.low), float(found.high)] == pytest.approx(interval(found, exact, len(counts[0])), rel=1e-4)
    scores = (exact - 1) / (shape[1] - 1)
    found = isoscore(Cloud(points, groups), resample=resample)
    assert [float(found.low), float(found.high)] == pytest.approx(interval(found, scores, len(counts[0])), rel=1e-4)


def test_mean_cosine_interval_leaves_out_copies() -> None:
    points, groups, resample = torch.randn(80, 5) + 0.5, torch.arange(80) // 4, Resample(30, seed=2)
    units = torch.nn.functional.normalize(points.double(), dim=1)
    table = (units @ units.T).fill_diagonal_(0)
    exact = []
    for counts in resample.counts(20):
        w = counts[groups].double()
        exact.append(float(w @ table @ w / (w.sum() ** 2 - w.square().sum())))
    found = mean_cosine(Cloud(points, groups), resample=resample)
    expected = interval(found, exact, 20)
    assert [float(found.low), float(found.high)] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_effective_rank_interval_keeps_the_axes(hidden: Callable[..., Tensor], shape: tuple[int, int]) -> None:
    points, groups, resample = hidden(*shape), torch.arange(shape[0]) // 3, Resample(30, seed=2)
    axes = torch.linalg.svd(points.double() - points.double().mean(0), full_matrices=False).Vh
    exact = []
    for counts in resample.counts(shape[0] // 3):
        drawn = (points.double() @ axes.T).repeat_interleave(counts[groups], dim=0)
        sigma = (drawn - drawn.mean(0)).square().sum(0).sqrt()[: min(shape[0] - 1, shape[1])]
        share = sigma / sigma.sum()
        exact.append(float(torch.exp(torch.special.entr(share).sum())))
    found = effective_rank(Cloud(points, groups), resample=resample)
    expected = interval(found, exact, shape[0] // 3)
    assert [float(found.low), float(found.high)] == pytest.approx(expected, rel=1e-5)


def slope(variances: np.ndarray, first: int, last: int) -> float:
    """By numpy's own weighted fit, whose weights are of the residuals, not of their squares."""
    ranks = np.arange(first, last + 1)
    fit = np.polyfit(np.log(ranks), np.log(np.sort(variances)[::-1][first - 1 : last]), 1, w=ranks**-0.5)
    return float(-fit[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_spectral_slope_parity(hidden: Callable[..., Tensor], shape: tuple[int, int]) -> None:
    points = hidden(*shape)
    found = float(spectral_slope(points, first=3, last=50))
    assert found == pytest.approx(slope(variances(points).numpy(), 3, 50), rel=1e-6)
    groups, resample = torch.arange(shape[0]) // 3, Resample(30, seed=2)
    axes = torch.linalg.svd(points.double() - points.double().mean(0), full_matrices=False).Vh[:50]
    exact = []
    for counts in resample.counts(shape[0] // 3):
        drawn = (points.double() @ axes.T).repeat_interleave(counts[groups], dim=0)
        along = (drawn - drawn.mean(0)).square().sum(0).log().numpy()[2:]
        exact.append(-np.polyfit(np.log(np.arange(3, 51)), along, 1, w=np.arange(3, 51) ** -0.5)[0])
    both = spectral_slope(Cloud(points, groups), first=3, last=50, resample=resample)
    expected = interval(both, exact, shape[0] // 3)
    assert [float(both.low), float(both.high)] == pytest.approx(expected, rel=1e-4)


def test_spectral_slope_of_known_spectra() -> None:
    """Of exact powers the power, whatever the first ten are; and none without enough directions."""
    random = torch.linalg.qr(torch.randn(400, 120, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    even = torch.linalg.qr(random.Q - random.Q.mean(0)).Q
    for power in (0.0, 0.7, 2.0):
        scale = torch.arange(1, 121, dtype=torch.float64) ** (-power / 2)
        scale[:10] *= 1000
        assert float(spectral_slope(even * scale)) == pytest.approx(power, abs=1e-9)
    with pytest.warns(UserWarning, match="spectral_slope: no value"):
        assert spectral_slope(even[:100]).value.isnan(), "99 directions"
    with pytest.raises(MetricError, match="last is 11; it must be above first, 11"):
        spectral_slope(even, last=11)
