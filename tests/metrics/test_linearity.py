"""`linearity` and `linearity_residual` against the dense formula and LLM-Microscope."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from intervals import interval
from langgeom.metrics import Cloud, Resample, linearity
from langgeom.metrics.registry import METRICS


def dense(x: Tensor, y: Tensor) -> float:
    x, y = (part.double() - part.double().mean(0) for part in (x, y))
    x, y = x / x.norm(), y / y.norm()
    # gelsd: least squares by SVD, whatever the rank.
    fitted = x @ torch.linalg.lstsq(x, y, driver="gelsd").solution
    return float(1 - (fitted - y).square().sum())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("repeated", [0.0, 0.9])
def test_parity(microscope: ModuleType, hidden: Callable[..., Tensor], dtype: torch.dtype, repeated: float) -> None:
    x = hidden(300, 64, repeated=repeated).to(dtype)
    y = (x.float() + torch.tanh(hidden(300, 64, seed=1))).to(dtype)
    stack = torch.stack([x, y])
    found = linearity(stack)
    assert float(found.value[0]) == pytest.approx(dense(x, y), rel=1e-6)
    block = METRICS["linearity_residual"].function(stack)
    assert float(block.value[0]) == pytest.approx(dense(x, y.double() - x.double()), rel=1e-6)
    assert found.n.tolist() == [300]
    if not repeated:
        assert float(found.value[0]) == pytest.approx(microscope.procrustes_similarity(x.double(), y.double()), rel=1e-6)


def test_held_out_is_every_sentence_predicted_by_the_others(hidden: Callable[..., Tensor]) -> None:
    x = hidden(300, 20).double()
    y, groups = x.tanh() + hidden(300, 20, seed=1), torch.arange(300) // 10
    error = spread = 0.0
    for sentence in range(30):
        out = groups == sentence
        mean_x, mean_y = x[~out].mean(0), y[~out].mean(0)
        fitted = torch.linalg.lstsq(x[~out] - mean_x, y[~out] - mean_y).solution
        error += float((y[out] - mean_y - (x[out] - mean_x) @ fitted).square().sum())
        spread += float((y[out] - mean_y).square().sum())
    held_out = METRICS["linearity_heldout"].function
    found = held_out(Cloud(torch.stack([x, y]), groups), resample=Resample(30, seed=1))
    assert float(found.value[0]) == pytest.approx(1 - error / spread, rel=1e-9)
    assert float(found.low[0]) < float(found.value[0]) < float(found.high[0])
    # Of unrelated clouds the fit itself explains d / (n - 1) = 0.07, the others' fit nothing.
    unrelated = Cloud(torch.stack([x, hidden(300, 20, seed=2).double()]), groups)
    assert float(held_out(unrelated).value[0]) < 0 < float(linearity(unrelated).value[0])
    with pytest.warns(UserWarning, match="no value"):
        held_out(Cloud(torch.stack([x, y]), torch.arange(300) // 285))


def test_held_out_has_no_value_where_the_others_do_not_determine_the_map() -> None:
    """A layer 0 where one token stands in one sentence alone: what the next layer makes of it, no other sentence tells."""
    generator = torch.Generator().manual_seed(0)
    types = torch.randn(30, 40, generator=generator, dtype=torch.float64)
    drawn = torch.randint(29, (300,), generator=generator)
    following = torch.randn(300, 40, generator=generator, dtype=torch.float64)
    held_out, groups = METRICS["linearity_heldout"].function, torch.arange(300) // 10
    assert float(held_out(Cloud(torch.stack([types[drawn], following]), groups)).value[0]) < 0
    drawn[7] = 29
    with pytest.warns(UserWarning, match="no value"):
        assert held_out(Cloud(torch.stack([types[drawn], following]), groups)).value.isnan().all()


def test_rank_below_the_dimension() -> None:
    """A layer 0 with fewer distinct tokens than dimensions."""
    points = torch.randn(20, 64)[torch.randint(20, (300,), generator=torch.Generator().manual_seed(0))]
    following = points @ torch.randn(64, 64) + torch.randn(300, 64)
    assert float(linearity(torch.stack([points, following])).value[0]) == pytest.approx(dense(points, following), rel=1e-6)


def test_known_values() -> None:
    x = torch.randn(400, 10, dtype=torch.float64)
    stack = torch.stack([x, x @ torch.randn(10, 10, dtype=torch.float64) + 3, torch.randn(400, 10, dtype=torch.float64)])
    found = linearity(stack).value
    assert float(found[0]) == pytest.approx(1)
    # Unrelated: d / (n - 1).
    assert float(found[1]) == pytest.approx(10 / 399, rel=0.5)


def test_interval_keeps_the_map(hidden: Callable[..., Tensor]) -> None:
    x = hidden(300, 20).double()
    y, groups, resample = x + hidden(300, 20, seed=1), torch.arange(300) // 10, Resample(30, seed=1)
    centred = x - x.mean(0)
    error = y - y.mean(0) - centred @ torch.linalg.lstsq(centred, y - y.mean(0)).solution
    draws = []
    for counts in resample.counts(30):
        e, drawn = (part.repeat_interleave(counts[groups], dim=0) for part in (error, y))
        draws.append(1 - float((e - e.mean(0)).square().sum() / (drawn - drawn.mean(0)).square().sum()))
    found = linearity(Cloud(torch.stack([x, y]), groups), resample=resample)
    assert [float(found.low[0]), float(found.high[0])] == pytest.approx(interval(found.value[0], draws, 30), rel=1e-5)


def test_too_few_points_for_a_map() -> None:
    with pytest.warns(UserWarning, match="linearity: no value in layers 0"):
        assert linearity(torch.randn(2, 11, 10)).value.isnan().all()
    assert not linearity(torch.randn(2, 12, 10)).value.isnan().any()


@pytest.mark.parametrize("least", [1.0, 1e-3, 1e-5, 0.0])
def test_parity_as_a_layer_nears_a_lower_rank(least: float) -> None:
    """From well conditioned to singular: by the normal equations, then by eigenvectors, the same value."""
    generator = torch.Generator().manual_seed(0)
    sizes = torch.logspace(0, -1, 40, dtype=torch.float64)
    sizes[-3:] *= least
    x = torch.randn(300, 40, generator=generator, dtype=torch.float64) * sizes
    # What the smallest directions hold is what makes the next layer.
    y = x / sizes.clamp(min=1e-4) + 0.1 * torch.randn(300, 40, generator=generator, dtype=torch.float64)
    assert float(linearity(torch.stack([x, y])).value[0]) == pytest.approx(dense(x, y), rel=1e-6)
