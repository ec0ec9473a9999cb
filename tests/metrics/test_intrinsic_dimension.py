"""`id_microscope` and `id_twonn`: parity with their references, resampling, duplicates, failure."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from intervals import interval
from langgeom.metrics import Cloud, Resample, id_microscope, id_twonn
from langgeom.metrics.registry import METRICS


@pytest.mark.parametrize("repeated", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_microscope_parity(microscope: ModuleType, hidden: Callable[..., Tensor], repeated: float, dtype: torch.dtype) -> None:
    points = hidden(400, repeated=repeated).to(dtype)
    assert float(id_microscope(points)) == pytest.approx(microscope.intrinsic_dimension(points, "cpu"), rel=1e-6)


def test_microscope_drops_every_copy(hidden: Callable[..., Tensor]) -> None:
    points = hidden(50)
    points[10] = points[20]
    points[30] = points[20]
    found = id_microscope(points)
    # Beside the three, points whose nearest neighbour is the triple have mu = 1.
    distances = torch.cdist(points.double(), points.double())
    distances.fill_diagonal_(torch.inf)
    r1, r2 = distances.topk(2, largest=False).values.T
    kept = (r1 > 1e-6) & (r2 / r1 > 1 + 1e-8)
    assert (int(found.n), int(found.dropped)) == (int(kept.sum()), int((~kept).sum()))


@pytest.mark.parametrize("repeated", [0.0, 0.3])
@pytest.mark.parametrize("method", ["linear", "mle"])
@pytest.mark.parametrize("discard", [0.1, 0.25])
def test_twonn_parity(hidden: Callable[..., Tensor], repeated: float, method: str, discard: float) -> None:
    skdim = pytest.importorskip("skdim")
    points = hidden(400, repeated=repeated)
    distinct = torch.unique(points.double(), dim=0)
    expected = skdim.id.TwoNN(discard_fraction=discard, method=method).fit(distinct.numpy()).dimension_
    found = id_twonn(points, method=method, discard=discard)
    assert float(found) == pytest.approx(expected, rel=1e-9)
    assert (int(found.n), int(found.dropped)) == (len(distinct), 400 - len(distinct))


def test_twonn_known_dimension() -> None:
    flat = torch.rand(4000, 2, generator=torch.Generator().manual_seed(1))
    for method in ("linear", "mle"):
        assert float(id_twonn(flat, method=method)) == pytest.approx(2, abs=0.12)


def test_registered_variant_is_the_method(hidden: Callable[..., Tensor]) -> None:
    points = hidden(100)
    assert float(METRICS["id_twonn_mle"].function(points)) == float(id_twonn(points, method="mle"))
    assert float(METRICS["id_twonn"].function(points)) == float(id_twonn(points))


def _repeat_and_fit(points: Tensor, weights: Tensor, fit: str) -> float:
    """Write each ratio down as often as it counts and apply the plain formula."""
    distances = torch.cdist(points.double(), points.double(), compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(torch.inf)
    r1, r2 = distances.topk(2, largest=False).values.T
    mu = (r2 / r1).repeat_interleave(weights).sort().values
    n = len(mu)
    if fit == "mle":
        keep = int(n * 0.9)
        return float((keep - 1) / (mu[:keep].log().sum() + (n - keep) * mu[keep - 1].log()))
    keep = n // 5 if fit == "fifth" else int(n * 0.9)
    x, y = mu[:keep].log(), -torch.log(1 - torch.arange(1, keep + 1, dtype=torch.float64) / n)
    return float((x * y).sum() / (x * x).sum())


@pytest.mark.parametrize(("fit", "level"), [("fifth", 0.5), ("linear", 0.95), ("mle", 0.9)])
def test_interval_is_that_of_repeated_ratios(hidden: Callable[..., Tensor], fit: str, level: float) -> None:
    points, groups = hidden(240), torch.arange(240) // 12
    resample = Resample(40, seed=3, level=level)
    cloud = Cloud(points, groups)
    found = id_microscope(cloud, resample=resample) if fit == "fifth" else \
        id_twonn(cloud, method=fit, resample=resample)  # fmt: skip
    fits = [_repeat_and_fit(points, counts[groups], fit) for counts in resample.counts(20)]
    expected = interval(found, fits, level)
    assert found.low is not None and found.high is not None
    assert [float(found.low), float(found.high)] == pytest.approx(expected, rel=1e-9)
    assert float(found.value) == pytest.approx(_repeat_and_fit(points, torch.ones(240, dtype=torch.long), fit), rel=1e-9)


def test_no_warning_when_all_is_well(hidden: Callable[..., Tensor]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        id_microscope(hidden(100))
