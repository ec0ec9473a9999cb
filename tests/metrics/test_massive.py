"""`massive_activations`, `variance_top_*`, `cosine_top_*`: parity with plain numpy, known truth, intervals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from intervals import interval
from langgeom.metrics import Cloud, Layer, MetricError, Resample, massive_activations
from langgeom.metrics.measure import Prepared, measure_text
from langgeom.metrics.registry import METRICS
from metrics.test_measure import text

GROUPS = torch.arange(120) // 4
RESAMPLE = Resample(40, seed=1)
SHARES = [f"{what}_top_{k}" for what in ("variance", "cosine") for k in (1, 3)]


def planted(often: float = 0.0) -> Tensor:
    """Return 120 points: one dimension far out, three wide ones, and a massive activation so often."""
    random = np.random.default_rng(0)
    points = random.normal(size=(120, 32)) * 0.5
    points[:, 5] += 8
    points[:, [2, 9, 11]] *= [6, 5, 4]
    points[random.random(120) < often, 7] = -3000
    return torch.from_numpy(points)


def share(points: np.ndarray, name: str) -> float:
    if name.startswith("variance"):
        parts = points.var(0)
    else:
        units = points / np.linalg.norm(points, axis=1, keepdims=True)
        parts = np.array([np.outer(column, column).mean() for column in units.T])
        assert parts.sum() == pytest.approx((units @ units.T).mean())
    return float(np.sort(parts)[::-1][: int(name[-1])].sum() / parts.sum())


def massive(points: np.ndarray, median: float | None = None) -> int:
    sizes = abs(points)
    return int(((sizes > 100) & (sizes > 1000 * (median or np.median(sizes)))).sum())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_parity(dtype: torch.dtype) -> None:
    points = planted(0.4).to(dtype)
    found = float(massive_activations(points))
    assert 30 < found == massive(points.double().numpy()) == int((points[:, 7] < -100).sum())
    plain = planted().to(dtype)
    for name in SHARES:
        assert float(METRICS[name].function(plain)) == pytest.approx(share(plain.double().numpy(), name), rel=1e-9), name


def test_an_activation_is_massive_by_both_criteria() -> None:
    points = torch.ones(10, 10)  # the median is 1
    points[0, :4] = torch.tensor([1000.0, 1001, -1001, 2000])
    assert float(massive_activations(points)) == 3
    assert [float(massive_activations(points * scale)) for scale in (20, 1 / 15, 1 / 20)] == [3, 1, 0]
    assert float(massive_activations(torch.tensor([[0.0, 0, 500, 500]] * 10))) == 20  # the median is the lower of two
    assert float(massive_activations(Cloud(points.expand(40, 10, 10).flatten(0, 1)), resample=RESAMPLE).low) > 0


def test_none_found_is_an_interval_of_none() -> None:
    found = massive_activations(Cloud(torch.randn(120, 8), GROUPS), resample=RESAMPLE)
    assert (float(found), float(found.low), float(found.high), int(found.n)) == (0, 0, 0, 120)


def test_one_massive_dimension_has_the_variance_and_one_offset_the_cosine() -> None:
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(2000, 50)))
    points[:, 3] *= 20
    points[:, 8] += 40
    found = {name: float(METRICS[name].function(points)) for name in SHARES}
    assert found["variance_top_1"] == pytest.approx(400 / 449, rel=0.02)
    assert found["variance_top_3"] == pytest.approx(402 / 449, rel=0.02)
    assert found["cosine_top_1"] > 0.99
    even = torch.cat([torch.eye(6), -torch.eye(6)]) + 1
    assert [float(METRICS[name].function(even)) for name in SHARES] == pytest.approx([1 / 6, 1 / 2] * 2)


def test_intervals_are_those_of_recomputation() -> None:
    for name in (*SHARES, "massive_activations"):
        points = planted(0.0 if name in SHARES else 0.4)
        drawn = [points.repeat_interleave(w[GROUPS], dim=0).numpy() for w in RESAMPLE.counts(30)]
        if name in SHARES:
            exact = [share(one, name) for one in drawn]
        else:
            exact = [120 * massive(one, float(np.median(abs(points.numpy())))) / len(one) for one in drawn]
        found = METRICS[name].function(Cloud(points, GROUPS), resample=RESAMPLE)
        expected = np.clip(interval(found, exact, 30), 0, 1 if name in SHARES else None)
        assert [float(found.low), float(found.high)] == pytest.approx(expected.tolist(), rel=1e-6), name


@pytest.mark.parametrize("name", ["anisotropy", "effective_rank", "id_pca"])
def test_robust_twins_leave_out_what_varies_most_in_the_reference(name: str) -> None:
    """Of each layer; the text's own largest dimension stays where the reference has others."""
    points, reference = torch.stack([planted(), planted().flip(1)]), torch.stack([planted().flip(1), planted()])[:, :90]
    plain, robust = METRICS[name].function, METRICS[f"{name}_robust"].function
    found = robust(Cloud(points, GROUPS), reference, resample=RESAMPLE)
    for layer in range(2):
        left_out = np.sort(reference[layer].numpy().var(0).argsort()[-3:])
        assert left_out.tolist() == ([20, 22, 29] if layer == 0 else [2, 9, 11])
        kept = torch.from_numpy(np.delete(points[layer].numpy(), left_out, 1))
        expected = plain(Cloud(kept, GROUPS), resample=RESAMPLE)
        for field in ("value", "low", "high"):
            assert float(getattr(found, field)[layer]) == pytest.approx(float(getattr(expected, field)), rel=1e-12)
        assert float(robust(points[layer], reference[layer])) == pytest.approx(float(expected), rel=1e-12)


def test_without_three_massive_dimensions_a_cloud_is_what_it_was() -> None:
    even = torch.from_numpy(np.random.default_rng(0).normal(size=(400, 40)))
    massive = even.clone()
    massive[:, [4, 17, 30]] *= torch.tensor([300.0, 200, 100])
    twin = METRICS["anisotropy_robust"].function
    assert float(METRICS["anisotropy"].function(massive)) > 0.6 and float(twin(massive, massive)) < 0.06
    assert float(twin(even, massive)) == float(twin(massive, massive))
    assert float(METRICS["id_pca_robust"].function(massive, massive)) == pytest.approx(37 * 400 / 437, rel=0.05)


def test_robust_twins_need_a_reference_of_the_same_model() -> None:
    with pytest.raises(MetricError, match=r"^anisotropy_robust: .*32 dimensions, the reference 1 and 30"):
        METRICS["anisotropy_robust"].function(planted(), planted()[:, 2:])
    one = planted()[:, :1]
    assert float(METRICS["anisotropy_robust"].function(one, one)) == 1, "one dimension always stays"


def test_measured_beside_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens in the coordinates of its tokens, sentences in those of its means; found once for all texts."""
    hidden, reference = (text([0, 1, 2], [20, 15, 30], seed=seed) for seed in (0, 1))
    prepared, names = Prepared(reference), {"token": ["anisotropy_robust"], "sentence": ["id_pca_robust"]}
    rows = measure_text(hidden, prepared, names, None)
    assert [(row["over"], row["layer"]) for row in rows] == [(over, layer) for over in names for layer in range(3)]
    for row in rows:
        layer, over = row["layer"], row["over"]
        function = METRICS[row["metric"]].function
        assert row["value"] == float(function(getattr(hidden, over)[layer], getattr(reference, over)[layer]))
    assert measure_text(hidden, None, names, None) == []
    monkeypatch.setattr(Layer, "sums", None)
    own = measure_text(hidden, prepared, names, None)
    assert own == rows


def test_points_without_a_direction_are_dropped() -> None:
    points = planted()
    points[[3, 50]] = 0
    found = METRICS["cosine_top_1"].function(points)
    assert (int(found.n), int(found.dropped)) == (118, 2)
    for name, bare in (("cosine_top_3", points * 0), ("variance_top_3", points * 0 + 0.1)):
        with pytest.warns(UserWarning, match=f"{name}: no value"):
            assert METRICS[name].function(bare).value.isnan()
