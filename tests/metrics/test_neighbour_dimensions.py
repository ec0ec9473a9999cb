"""`id_mle` and `id_gride` against scikit-dimension 0.5 and against their formulas; known dimensions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from langgeom.metrics import MetricError, Resample, gride_scales, id_gride, id_mle, id_twonn
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
