"""Moving labels apart: against a general solver, and the properties a reader relies on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from langgeom.figures.labels import MOST, End, spread, thin


def test_labels_with_room_stay() -> None:
    assert spread([0.9, 0.1, 0.5], 0.2, 0, 1).tolist() == [0.9, 0.1, 0.5]


def test_two_labels_at_one_place_part_evenly() -> None:
    assert np.allclose(spread([0.5, 0.5], 0.2, 0, 1), [0.4, 0.6])


def test_bounds_hold() -> None:
    assert np.allclose(spread([0.0, 0.0, 0.0], 0.2, 0, 1), [0, 0.2, 0.4])
    assert np.allclose(spread([1.0, 1.0], 0.2, 0, 1), [0.8, 1.0])
    assert spread([], 0.2, 0, 1).tolist() == []


@pytest.mark.parametrize("seed", range(20))
def test_least_moves_as_a_general_solver_finds_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted, gap = np.sort(rng.uniform(0, 1, 6)), 0.15
    moved = spread(wanted, gap, 0, 1)
    assert (np.diff(moved) >= gap - 1e-9).all() and moved.min() >= -1e-9 and moved.max() <= 1 + 1e-9
    apart = [{"type": "ineq", "fun": lambda x, i=i: x[i + 1] - x[i] - gap} for i in range(5)]
    best = minimize(
        lambda x: ((x - wanted) ** 2).sum(), np.linspace(0, 1, 6), bounds=[(0, 1)] * 6, constraints=apart, tol=1e-12
    )
    assert ((moved - wanted) ** 2).sum() <= best.fun + 1e-6


def test_too_many_labels_share_the_room() -> None:
    moved = spread(np.full(11, 0.3), 0.5, 0, 1)
    assert np.allclose(np.sort(moved), np.linspace(0, 1, 11))


def test_thinning_keeps_what_must_stay_and_the_extremes() -> None:
    ends = [End(str(index), 0, index, "black", index == 20) for index in range(50)]
    chosen = [int(end.y) for end in thin(ends)]
    assert len(chosen) == MOST and {0, 20, 49} <= set(chosen) and max(np.diff(chosen)) < 8
    assert thin(ends[:5]) == ends[:5]
