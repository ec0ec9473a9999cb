"""Published tables, and programs whose definition differs from ours: by our neighbours and their formula, their numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from langgeom.metrics import cka, id_gride, id_mle, id_twonn
from langgeom.metrics.neighbours import nearest


def ratios(points: torch.Tensor, k: int) -> np.ndarray:
    """ln(T_k / T_j) of each point, [n, k - 1]."""
    near = nearest(points.double(), k).distances.numpy()
    return np.log(near[:, -1:] / near[:, :-1])


def test_levina_bickels_swiss_roll() -> None:
    """n = 1,000, k = 10 to 20: 2.1, sd 0.02, by the mean of m(x). `id_mle`, the inverse mean at k = 20, is 4 to 10 % below."""
    theirs, ours = [], []
    for seed in range(8):
        u, v = torch.rand(2, 1000, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        angle = 1.5 * np.pi * (1 + 2 * u)
        roll = torch.stack([angle * angle.cos(), 21 * v, angle * angle.sin()], 1)
        theirs.append(np.mean([1 / ratios(roll, k).mean(1) for k in range(10, 21)]))
        ours.append(float(id_mle(roll)))
    assert np.mean(theirs) == pytest.approx(2.1, abs=0.02)
    assert 0.90 < np.mean(ours) / np.mean(theirs) < 0.96


@pytest.mark.parametrize(("d", "published"), [(4, 3.5), (6, 5.0), (8, 6.45), (10, 7.75)])
def test_grides_cubes(d: int, published: float) -> None:
    """Denti et al. 2022, Figure 4, read off to a twentieth: uniform cubes, n = 10,000, n1 = 100."""
    cube = torch.rand(10_000, d, generator=torch.Generator().manual_seed(0))
    assert float(id_gride(cube, scale=100)) == pytest.approx(published, abs=0.1)


def test_faccos_program() -> None:
    """Its F of the i-th of n is (i - 1) / n where the paper, scikit-dimension, DADApy and `id_twonn` have i / n."""
    points = torch.randn(1000, 5, generator=torch.Generator().manual_seed(0))
    near = nearest(points.double(), 2).distances.numpy()
    x = np.sort(np.log(near[:, 1] / near[:, 0]))[: int(1000 * 0.9)]

    def slope(f: np.ndarray) -> float:
        y = -np.log(1 - f)
        return float(x @ y / (x @ x))

    order = np.arange(1, len(x) + 1)
    ours = slope(order / 1000)
    assert float(id_twonn(points)) == pytest.approx(ours, rel=1e-9)
    assert 1.001 < ours / slope((order - 1) / 1000) < 1.02


def test_plain_cka_is_above_ours_for_clouds_that_have_nothing_in_common() -> None:
    """The familiar, biased value of two unrelated clouds is high where d is above n; the debiased one is about 0."""
    a, b = torch.randn(2, 50, 200, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    a, b = a - a.mean(0), b - b.mean(0)
    plain = float((a.T @ b).square().sum() / ((a.T @ a).norm() * (b.T @ b).norm()))
    assert plain > 0.7 and abs(float(cka(a, b))) < 0.1
