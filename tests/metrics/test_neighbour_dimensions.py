"""`id_mle` and `id_gride` against scikit-dimension 0.5 and against their formulas; their intervals; known dimensions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from intervals import interval
from langgeom.metrics import Cloud, MetricError, Resample, gride_scales, id_gride, id_mle, id_twonn
from langgeom.metrics.estimators.id_gride import REACH, _fit, _newton
from langgeom.metrics.registry import METRICS


def distances(points: Tensor, k: int) -> Tensor:
    points = points.double()
    table = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    return table.topk(k, largest=False).values


@pytest.mark.parametrize("repeated", [0.0, 0.3])
@pytest.mark.parametrize("k", [2, 5, 20])
def test_mle_parity(hidden: Callable[..., Tensor], repeated: float, k: int) -> None:
    skdim = pytest.importorskip("skdim")
    points = hidden(300, repeated=repeated)
    distinct = torch.unique(points.double(), dim=0)
    expected = skdim.id.MLE(K=k).fit(distinct.numpy(), n_neighbors=k, comb="mle").dimension_
    found = id_mle(points, k=k)
    assert float(found) == pytest.approx(expected, rel=1e-9)
    assert (int(found.n), int(found.dropped)) == (len(distinct), 300 - len(distinct))


@pytest.mark.parametrize("repeated", [0.0, 0.3])
@pytest.mark.parametrize("scale", [1, 2, 8])
def test_gride_parity(hidden: Callable[..., Tensor], repeated: float, scale: int) -> None:
    skdim = pytest.importorskip("skdim")
    points = hidden(300, repeated=repeated)
    distinct = torch.unique(points.double(), dim=0)
    expected = skdim.id.GRIDE(n1=scale).fit(distinct.numpy()).dimension_
    assert float(id_gride(points, scale=scale)) == pytest.approx(expected, rel=1e-8)


def test_gride_maximises_the_likelihood(hidden: Callable[..., Tensor]) -> None:
    """The paper's density, maximised by direct numerics; N - 1 for N changes the value by about 1 / N."""
    points, scale = hidden(300), 4
    near = distances(points, 2 * scale)
    x = (near[:, -1] / near[:, scale - 1]).log().numpy()

    def minus(d: float) -> float:
        return -float(np.sum(np.log(d) + (scale - 1) * np.log(np.expm1(d * x)) - ((2 * scale - 1) * d + 1) * x))

    best = minimize_scalar(minus, bounds=(0.1, 200), method="bounded", options={"xatol": 1e-10}).x
    assert float(id_gride(points, scale=scale)) == pytest.approx(best, rel=2 / 300)


def test_gride_leaves_out_what_the_peers_do() -> None:
    points = torch.cat([torch.rand(200, 3, generator=torch.Generator().manual_seed(0)), torch.eye(3).repeat(2, 1)])
    points = torch.cat([points, torch.tensor([[50.0, 50, 50], [50, 50, 50 + 1e-6]], dtype=torch.float64)])
    found = id_gride(points, scale=1)
    # The pair far out has huge ratios; three corners stand there twice.
    assert int(found.n) == 203 and int(found.dropped) == 5
    assert float(found) == pytest.approx(3, abs=0.6)


def test_gride_curve_is_the_metric_at_each_scale(hidden: Callable[..., Tensor]) -> None:
    stack = torch.stack([hidden(seed=seed) for seed in range(2)])
    curve = gride_scales(stack, largest=40, resample=Resample(20, seed=0))
    assert list(curve) == [1, 2, 4, 8, 16]
    for scale, found in curve.items():
        alone = id_gride(stack, scale=scale, resample=Resample(20, seed=0))
        assert torch.equal(found.value, alone.value) and torch.equal(found.low, alone.low)
        named = METRICS[{8: "id_gride"}.get(scale, f"id_gride_{scale}")].function(stack)
        assert torch.equal(named.value, found.value)
    mle = id_twonn(stack, method="mle", discard=0.0)
    # At scale 1 and without outliers this is the unbiased TwoNN.
    torch.testing.assert_close(curve[1].value, mle.value, rtol=1e-9, atol=0)


@pytest.mark.parametrize("largest", [0, 1, 2.5])
def test_gride_curve_of_no_scale_is_refused(largest: float) -> None:
    with pytest.raises(MetricError, match=f"largest is {largest}; it must be a whole number, 2 or more"):
        gride_scales(torch.randn(9, 2), largest=largest)  # type: ignore[arg-type]


def test_intervals_are_those_of_repeated_points(hidden: Callable[..., Tensor]) -> None:
    points, groups, resample = hidden(240), torch.arange(240) // 12, Resample(40, seed=3)
    near = distances(points, 8)
    inverse = (near[:, -1:] / near[:, :-1]).log().mean(1)
    weights = [counts[groups] for counts in resample.counts(20)]
    expected = torch.tensor([float(1 / inverse.repeat_interleave(w).mean()) for w in weights], dtype=torch.float64)
    found = id_mle(Cloud(points, groups), k=8, resample=resample)
    assert [float(found.low), float(found.high)] == pytest.approx(interval(found, expected), rel=1e-9)

    ratios = (near[:, 7] / near[:, 3]).log()

    def root(logs: Tensor) -> float:
        low, high = 1e-3, 1e3
        for _ in range(100):
            d = (low + high) / 2
            score = (len(logs) - 1) / d + 3 * (logs / -torch.expm1(-d * logs)).sum() - 7 * logs.sum()
            low, high = (d, high) if score > 0 else (low, d)
        return low

    expected = torch.tensor([root(ratios.repeat_interleave(w)) for w in weights], dtype=torch.float64)
    found = id_gride(Cloud(points, groups), scale=4, resample=resample)
    assert [float(found.low), float(found.high)] == pytest.approx(interval(found, expected), rel=1e-8)


def sphere(n: int, d: int, generator: torch.Generator) -> Tensor:
    return torch.nn.functional.normalize(torch.randn(n, d + 1, generator=generator, dtype=torch.float64), dim=1)


def cube(n: int, d: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, d, generator=generator, dtype=torch.float64)


def swiss_roll(n: int, d: int, generator: torch.Generator) -> Tensor:
    angle, height = 1.5 * torch.pi * (1 + 2 * torch.rand(n, generator=generator)), 21 * torch.rand(n, generator=generator)
    return torch.stack([angle * angle.cos(), height, angle * angle.sin()], 1).double()


@pytest.mark.parametrize(
    ("make", "d", "bound"), [(sphere, 2, 0.06), (sphere, 5, 0.08), (cube, 3, 0.08), (cube, 10, 0.25), (swiss_roll, 2, 0.08)]
)
@pytest.mark.parametrize("metric", [id_twonn, id_mle, id_gride])
def test_known_dimensions(metric: Callable, make: Callable, d: int, bound: float) -> None:
    """Within the bound, relative, in 60 dimensions: low-dimensional manifolds closely, a cube's border costs more."""
    generator = torch.Generator().manual_seed(1)
    points = make(1500, d, generator)
    turn = torch.linalg.qr(torch.randn(60, points.shape[1], generator=generator, dtype=torch.float64)).Q
    assert float(metric(points @ turn.T)) == pytest.approx(d, rel=bound)


def test_too_few_points_for_the_neighbours() -> None:
    points = torch.randn(20, 4)
    with pytest.warns(UserWarning, match="id_mle: no value"):
        assert id_mle(points).value.isnan()
    assert not id_mle(points, k=19).value.isnan() and not id_gride(points).value.isnan()
    with pytest.warns(UserWarning, match="id_gride: no value"):
        assert id_gride(points[:16]).value.isnan()


@pytest.mark.parametrize("scale", [2, 8, 32])
@pytest.mark.parametrize("sentences", [4, 60])
def test_replicates_by_the_polynomial_are_those_solved_one_by_one(scale: int, sentences: int) -> None:
    """Few sentences spread the roots beyond the polynomial's reach, where they are solved by themselves."""
    generator = torch.Generator().manual_seed(scale)
    # Sentences of different dimension, so that replicates differ widely.
    d = 10 + (40 if sentences == 4 else 4) * torch.rand(sentences, generator=generator, dtype=torch.float64)
    groups = torch.arange(600) % sentences
    shape = torch.distributions.Beta(torch.tensor(float(scale)), torch.tensor(float(scale)))
    torch.manual_seed(scale)
    logs = -shape.sample((600,)).double().clamp(1e-6, 1 - 1e-6).log() / d[groups]
    counts = Resample(100, seed=0).counts(sentences)
    weights = torch.cat([torch.ones(1, 600), counts[:, groups]]).double()
    expected = _newton(logs, weights, scale)
    spread = (expected / expected[0] - 1).abs().max()
    assert (spread > REACH) == (sentences == 4)
    torch.testing.assert_close(_fit(logs, weights, scale), expected, rtol=1e-9, atol=0)
