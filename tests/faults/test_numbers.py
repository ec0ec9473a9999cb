"""Clouds that break careless arithmetic: every metric gives a value that makes sense, none with a warning, or a clear error."""

from __future__ import annotations

import math
import warnings

import pytest
import torch
from torch import Tensor

from langgeom.metrics import Cloud, MetricError, MissingValueWarning, Resample
from langgeom.metrics.registry import METRICS

N, DIM = 60, 12
GROUPS = torch.arange(N) // 3


def random_points(seed: int = 0) -> Tensor:
    return torch.randn(N, DIM, generator=torch.Generator().manual_seed(seed))


def with_value(value: float) -> Tensor:
    points = random_points()
    points[7, 3] = value
    return points


CLOUDS: dict[str, Tensor] = {
    "NaN": with_value(math.nan),
    "infinity": with_value(math.inf),
    "all NaN": torch.full((N, DIM), math.nan),
    "zeros": torch.zeros(N, DIM),
    "one point again and again": random_points()[:1].repeat(N, 1),
    "two points": random_points()[torch.arange(N) % 2],
    "one zero row": random_points() * (torch.arange(N) > 0)[:, None],
    "a constant dimension": torch.cat([random_points()[:, 1:], torch.full((N, 1), 3.0)], 1),
    "one dimension of 1e4": with_value(1e4) * torch.tensor([1e4] + [1.0] * (DIM - 1)),
    "rank one": random_points()[:, :1] * random_points(1)[:1],
    "times 1e30": random_points() * 1e30,
    "times 1e-30": random_points() * 1e-30,
    "far from the origin": random_points() + 1e6,
    "one outlier of 1e30": with_value(1e30),
    "subnormal": random_points() * 1e-42,
    "float16's largest": (random_points().sign() * 65504).half(),
    "bfloat16": random_points().bfloat16(),
    "a grid": (random_points() * 2).round(),
    "one row": random_points()[:1],
    "two rows": random_points()[:2],
    "three rows": random_points()[:3],
    "one dimension": random_points()[:, :1],
}
BOUNDED = {"anisotropy", "anisotropy_uncentred", "retrieval", "retrieval_reverse", "mexa", "language_probe"}
# Nothing may be an error but what is not finite.
BROKEN = {"NaN", "infinity", "all NaN"}
# What is measured of one cloud is missing where its points are equal, but for what such a point has itself.
EQUAL = {"zeros", "one point again and again"}
OF_ONE_POINT = {"anisotropy_uncentred", "mean_cosine"}
OF_EACH_POINT = {"massive_activations", "cosine_top_1", "cosine_top_3"}


def inputs(kind: str, points: Tensor) -> list[Cloud]:
    groups = GROUPS[: len(points)]
    if kind == "cloud":
        return [Cloud(points, groups)]
    if kind == "adjacent_layers":
        return [Cloud(torch.stack([points, points.flip(0)]), groups)]
    other = (points.float() + 0.1 * random_points(3)[: len(points), : points.shape[1]]).to(points.dtype)
    if kind == "aligned_sentences":
        return [Cloud(points), Cloud(other)]
    return [Cloud(points, groups), Cloud(other, groups)]


@pytest.mark.parametrize(
    "name", [name for name, metric in METRICS.items() if metric.input not in ("text", "aligned_text", "lens")]
)
def test_clouds(name: str) -> None:
    metric = METRICS[name]
    for attack, points in CLOUDS.items():
        about = f"{name} on {attack}"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                estimate = metric.function(*inputs(metric.input, points), resample=Resample(20, seed=0))
            except MetricError as error:
                assert attack in BROKEN, f"{about}: {error}"
                assert len(str(error)) > 20, about
                continue
        assert attack not in BROKEN, f"{about} gave {estimate}"
        others = [str(warning.message) for warning in caught if not issubclass(warning.category, MissingValueWarning)]
        # scikit-dimension's own are handed on, under the metric's name.
        assert [said for said in others if not (name.startswith("skdim_") and said.startswith(f"{name}: "))] == [], about
        values, lows, highs = (torch.atleast_1d(part) for part in (estimate.value, estimate.low, estimate.high))
        assert not values.isinf().any(), f"{about} is infinite"
        missing = bool(values.isnan().any())
        assert missing == any(issubclass(warning.category, MissingValueWarning) for warning in caught), about
        if attack in EQUAL and metric.input in ("cloud", "adjacent_layers") and name not in OF_EACH_POINT:
            own = name in OF_ONE_POINT and attack != "zeros"
            assert bool(((values - 1).abs() < 1e-6).all() if own else values.isnan().all()), f"{about}: {estimate}"
        held = ~(lows.isnan() | highs.isnan() | values.isnan())
        assert bool((lows[held] <= highs[held] + 1e-9).all()), f"{about}: {estimate}"
        if name in BOUNDED:
            inside = values[~values.isnan()]
            assert bool(((inside >= -1e-9) & (inside <= 1 + 1e-9)).all()), f"{about}: {estimate}"


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if "text" in metric.input])
def test_counts(name: str) -> None:
    function, one = METRICS[name].function, torch.ones(5)
    bad = {"NaN": one * math.nan, "infinity": one * math.inf, "negative": -one, "none": one[:0], "two-dimensional": one[None]}
    for value in bad.values():
        with pytest.raises(MetricError):
            function(value, one[: len(value)], resample=Resample(20, seed=0))
    with pytest.warns(MissingValueWarning):
        assert math.isnan(float(function(one * 0, one * 0, resample=Resample(20, seed=0)).value))


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.input in ("cloud", "adjacent_layers")])
@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_scale_changes_no_value(name: str, scale: float) -> None:
    metric = METRICS[name]
    one, other = (
        metric.function(*inputs(metric.input, points), resample=Resample(20, seed=0))
        for points in (random_points(), random_points() * scale)
    )
    # It counts the pairs within two of the distances themselves, which rounding lets in or keeps out.
    rtol = 2e-2 if name == "skdim_corrint" else 1e-5
    for field in ("value", "low", "high"):
        torch.testing.assert_close(getattr(one, field), getattr(other, field), rtol=rtol, atol=1e-9, equal_nan=True)
