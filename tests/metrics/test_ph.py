"""`id_ph`: parity with scipy's spanning trees, known dimensions, copies, halves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from langgeom.metrics import Cloud, MetricError, Resample, id_ph
from langgeom.metrics.estimators.id_ph import tree_lengths


def points(kind: str, d: int, n: int = 1500, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, d + 1)) if kind == "sphere" else random.random((n, d))
    x = x / np.linalg.norm(x, axis=1, keepdims=True) if kind == "sphere" else x
    return np.pad(x, ((0, 0), (0, 30 - x.shape[1])))


def by_scipy(x: np.ndarray, keys: np.ndarray, sizes: range) -> float:
    """The published definition with scipy's trees, on the samples that these random keys give."""
    lengths = []
    for n in sizes:
        samples = [x[one.argsort()[:n]] for one in keys]
        lengths.append(np.median([minimum_spanning_tree(cdist(some, some)).sum() for some in samples]))
    return float(1 / (1 - np.polyfit(np.log(sizes), np.log(lengths), 1)[0]))


def keys(n: int, seed: int, repeats: int = 7) -> np.ndarray:
    return torch.rand((repeats, n), generator=torch.Generator().manual_seed(seed)).numpy()


def test_trees_are_scipys() -> None:
    tables = np.stack([cdist(x, x) for x in np.random.default_rng(0).normal(size=(5, 90, 4))])
    expected = [minimum_spanning_tree(table[:n, :n]).sum() for n in (3, 50, 90) for table in tables]
    assert tree_lengths(torch.from_numpy(tables), [3, 50, 90]).flatten().tolist() == pytest.approx(expected, rel=1e-12)


def test_parity(monkeypatch: pytest.MonkeyPatch) -> None:
    x, resample = points("sphere", 5, n=700), Resample(9, seed=3)
    found = id_ph(Cloud(torch.from_numpy(x), torch.arange(700) // 7), resample=resample)
    assert float(found) == pytest.approx(by_scipy(x, keys(700, 3), range(50, 512, 40)), rel=1e-9)
    even = np.arange(700) // 7 % 2 == 0
    assert float(found.half_a) == pytest.approx(by_scipy(x[even], keys(700, 3)[:, even], range(50, 350, 40)), rel=1e-9)
    assert 0.5 * float(found) < float(found.low) < float(found) < float(found.high) < 2 * float(found)
    monkeypatch.setattr("langgeom.metrics.estimators.id_ph.PIECE", 10_000)  # rows, and samples, by the piece
    pieces = id_ph(Cloud(torch.from_numpy(x), torch.arange(700) // 7), resample=resample)
    assert [float(pieces), float(pieces.half_a)] == pytest.approx([float(found), float(found.half_a)], rel=1e-12)
    plain = id_ph(torch.from_numpy(x), least=20, most=100, step=20, repeats=3)
    assert float(plain) == pytest.approx(by_scipy(x, keys(700, 0, 3), range(20, 101, 20)), rel=1e-9)


@pytest.mark.parametrize(
    ("kind", "d", "low", "high"),
    [("sphere", 2, 1.9, 2.2), ("sphere", 5, 4.6, 5.3), ("sphere", 10, 8.6, 10.4),
     ("cube", 1, 0.95, 1.05), ("cube", 2, 1.85, 2.1), ("cube", 5, 4.2, 5.0), ("cube", 10, 7.5, 9.5)],
)  # fmt: skip
def test_known_dimensions(kind: str, d: int, low: float, high: float) -> None:
    assert low < float(id_ph(torch.from_numpy(points(kind, d)))) < high


def test_copies_and_too_few_points() -> None:
    x = torch.from_numpy(points("sphere", 5, n=130))
    twice = id_ph(torch.cat([x, x[:50]]))
    assert float(twice) == pytest.approx(float(id_ph(x)), rel=1e-9) and (int(twice.n), int(twice.dropped)) == (130, 50)
    for few in (x[:129], x[:20]):
        with pytest.warns(UserWarning, match="id_ph: no value"):
            assert id_ph(few).value.isnan()
    with pytest.raises(MetricError, match="step is 0"):
        id_ph(x, step=0)
