"""Exactness of the nearest-neighbour search, also where float32 products cannot tell points apart."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from langgeom.metrics import Cloud, MetricError, neighbours
from langgeom.metrics.neighbours import distinct_rows, nearest


def brute(points: Tensor, k: int) -> Tensor:
    points = points.double()
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    return distances.topk(k, largest=False).values


def line(n: int = 300, dim: int = 500) -> Tensor:
    """Points on a line far from the origin: neighbours a millionth of the points' length apart."""
    direction = torch.randn(dim, generator=torch.Generator().manual_seed(0))
    return torch.rand(n, 1, generator=torch.Generator().manual_seed(1)) * direction + 50


def outlier() -> Tensor:
    points = torch.randn(300, 20, generator=torch.Generator().manual_seed(2))
    points[17] *= 1e5
    return points


def near_copies() -> Tensor:
    """Pairs apart by single roundings of float32."""
    points = torch.randn(200, 30, generator=torch.Generator().manual_seed(3))
    points[100:] = points[:100]
    points[100:, 4] *= 1 + 2**-23
    return points


def adverse(offset: float = 0.0, massive: float = 0.0, copies: float = 0.0, n: int = 700, dim: int = 120) -> Tensor:
    """Points as hidden states can be: far from the origin, with a massive dimension, half of them near copies of the others."""
    points = torch.randn(n, dim, generator=torch.Generator().manual_seed(6)) + offset
    if copies:
        noise = copies * torch.randn(n // 2, dim, generator=torch.Generator().manual_seed(7))
        points[n // 2 :] = points[: n // 2] + noise
    if massive:
        points[:, 5] += massive
    return points


CLOUDS = {
    "gaussian": torch.randn(300, 40, generator=torch.Generator().manual_seed(4)),
    "bfloat16": torch.randn(300, 40, generator=torch.Generator().manual_seed(4)).bfloat16(),
    "float64": torch.randn(300, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(4)) * 1e-170,
    "huge": torch.randn(300, 40, generator=torch.Generator().manual_seed(4)) * 1e30,
    "line": line(),
    "outlier": outlier(),
    "near copies": near_copies(),
    "ties": torch.eye(90),
    "grid": torch.cartesian_prod(torch.arange(6.0), torch.arange(6.0), torch.arange(6.0)),
}


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("block", [64, 1024])
@pytest.mark.parametrize("k", [1, 2, 7])
def test_distances_are_those_of_all_pairs(name: str, block: int, k: int, both: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BOTH", 0 if both else 10**6)
    points = CLOUDS[name]
    found = nearest(points, k, block=block)
    torch.testing.assert_close(found.distances, brute(points, k), rtol=1e-12, atol=0)
    rows = torch.arange(len(points))[:, None].expand_as(found.indices)
    direct = (points.double()[rows] - points.double()[found.indices]).norm(dim=2)
    torch.testing.assert_close(found.distances, direct, rtol=1e-12, atol=0)
    assert not (found.indices == rows).any()
    assert all(len(set(row)) == k for row in found.indices.tolist())


ADVERSE = {
    "offset": adverse(offset=30),
    "massive": adverse(massive=3000),
    "copies": adverse(copies=1e-4),
    "offset, massive and copies": adverse(offset=30, massive=3000, copies=1e-4),
    "alternating massive": adverse() + 3000 * (torch.arange(700)[:, None] % 2) * torch.eye(120)[5],
    "crowds": adverse()[torch.arange(700) % 3] + 1e-4 * adverse(),
    "bfloat16": adverse(offset=3).bfloat16(),
    "many dimensions": adverse(massive=3000, n=300, dim=1100),
}


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", ADVERSE)
@pytest.mark.parametrize("k", [2, 3, 16, 20, 47, 90, 128])
def test_adverse_clouds(name: str, k: int, both: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BOTH", 0 if both else 10**6)
    points = ADVERSE[name]
    found, exact = nearest(points, k, block=256), brute(points, k)
    torch.testing.assert_close(found.distances, exact, rtol=1e-12, atol=0)
    rows = torch.arange(len(points))[:, None]
    direct = (points.double()[rows] - points.double()[found.indices]).norm(dim=2)
    torch.testing.assert_close(found.distances, direct, rtol=1e-12, atol=0)
    again = nearest(points, k, block=256)
    assert torch.equal(again.distances, found.distances) and torch.equal(again.indices, found.indices)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize(("dim", "block"), [(3, 1024), (3, 32), (40, 1024), (40, 32)])
def test_ties_are_broken_by_index(dim: int, block: int, both: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BOTH", 0 if both else 10**6)
    points = torch.randint(0, 3 if dim == 40 else 8, (400, dim), generator=torch.Generator().manual_seed(8)).float()
    found = nearest(points, 9, block=block)
    squares = (points[:, None] - points).double().square().sum(2).fill_diagonal_(torch.inf)
    assert torch.equal(found.indices, squares.sort(dim=1, stable=True).indices[:, :9])
    assert torch.equal(found.distances.square().round(), squares.sort(dim=1).values[:, :9])


@given(st.integers(3, 40), st.integers(1, 6), st.integers(0, 10**6), st.integers(8, 30))
@settings(max_examples=40, deadline=None)
def test_small_integer_clouds(n: int, dim: int, seed: int, block: int) -> None:
    points = torch.randint(-3, 4, (n, dim), generator=torch.Generator().manual_seed(seed)).float()
    k = min(3, n - 1)
    torch.testing.assert_close(nearest(points, k, block=block).distances, brute(points, k), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("k", [0, 5])
def test_refuses_more_neighbours_than_there_are(k: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 4"):
        nearest(torch.randn(5, 3), k)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_distinct_rows(dtype: torch.dtype) -> None:
    points = torch.tensor([[1, 2], [0.0, 5], [1, 2], [3, 3], [-0.0, 5], [1, 2]], dtype=dtype)
    found = distinct_rows(points)
    assert [part.tolist() for part in found] == [[0, 1, 3], [3, 2, 1], [0, 1, 0, 2, 1, 0]]


def test_distinct_rows_when_hashes_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "randint", lambda *_, **__: torch.zeros(2, dtype=torch.int64))
    # With equal weights, rows with the same bits in another order have one hash.
    points = torch.tensor([[1.0, 2], [2, 1], [1, 2], [4, 4]])
    found = distinct_rows(points)
    assert [part.tolist() for part in found] == [[0, 1, 3], [2, 1, 1], [0, 1, 0, 2]]


def test_copies_are_known_from_prefixes_above_layer_0() -> None:
    points = torch.randn(3, 5, 3)
    points[0, 2] = points[0, 0]
    points[2, 2] = points[2, 4]  # equal points of other tokens, whose distance of 0 has no logarithm
    cloud = Cloud(points, prefixes=torch.tensor([7, 7, 3, -4, 7]))
    found = [[part.tolist() for part in (*layer.distinct, layer.members)] for layer in map(cloud.layer, range(3))]
    assert found[0] == [[0, 1, 3, 4], [2, 1, 1, 1], [0, 1, 0, 2, 3]]
    assert found[1] == [[0, 2, 3], [3, 1, 1], [0, 0, 1, 2, 0]]
    cloud = Cloud(points, prefixes=torch.tensor([7, 8, 3, -4, 7]))
    assert [layer.members.tolist() for layer in map(cloud.layer, range(3))][1:] == [[0, 1, 2, 3, 0], [0, 1, 2, 3, 0]]
    assert cloud.layer(1).bits.members.tolist() == list(range(5))
    equal = Cloud(points, prefixes=torch.arange(5)).layer(2)
    assert [part.tolist() for part in (*equal.distinct, equal.members)] == [[0, 1, 2, 3], [1, 1, 2, 1], [0, 1, 2, 3, 2]]
    with pytest.raises(MetricError, match=r"prefixes are .*4.*5 integers"):
        Cloud(points, prefixes=torch.arange(4))


def test_neighbours_are_found_once_per_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*args: object) -> object:
        calls.append(args)
        return nearest(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("langgeom.metrics.layer.nearest", counted)
    from langgeom.metrics import id_microscope, id_twonn

    cloud = Cloud(torch.randn(2, 60, 5))
    id_microscope(cloud)
    id_twonn(cloud)
    assert len(calls) == 2
    assert len(cloud.layer(0).nearest(5).distances[0]) == 5 and len(calls) == 3
    id_twonn(cloud)
    assert len(calls) == 3
