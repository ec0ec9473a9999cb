"""`id_microscope` and `id_twonn`: parity with their references, duplicates, failure."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from langgeom.metrics import Cloud, id_microscope, id_twonn
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


def test_microscope_without_copies(hidden: Callable[..., Tensor]) -> None:
    points = hidden(400, repeated=0.3)
    distinct = torch.unique(points, dim=0)
    assert float(METRICS["id_microscope_distinct"].function(points)) == pytest.approx(float(id_microscope(distinct)), rel=1e-9)
    assert float(id_microscope(points)) > 1.5 * float(id_microscope(distinct))


def test_copies_are_known_from_their_prefixes(hidden: Callable[..., Tensor]) -> None:
    """Copies that differ in their last digits: by bits they are near neighbours, by prefixes one point, but for layer 0."""
    points, prefixes = hidden(300, 20).double(), torch.arange(300)
    points[200:250], prefixes[200:250] = points[:50] * (1 + 1e-7), prefixes[:50]
    cloud, others = Cloud(points[None].repeat(2, 1, 1), prefixes=prefixes), points[torch.arange(300) // 50 != 4]
    for name in ("id_twonn", "id_twonn_mle", "id_mle", "id_gride", "id_microscope_distinct"):
        found = METRICS[name].function(cloud)
        assert float(found.value[1]) == pytest.approx(float(METRICS[name].function(others)), rel=1e-9), name
        assert float(found.value[0]) == pytest.approx(float(METRICS[name].function(points)), rel=1e-9), name
    assert torch.equal(id_microscope(cloud).value, id_microscope(cloud.points).value)


def test_twonn_known_dimension() -> None:
    flat = torch.rand(4000, 2, generator=torch.Generator().manual_seed(1))
    for method in ("linear", "mle"):
        assert float(id_twonn(flat, method=method)) == pytest.approx(2, abs=0.12)


def test_registered_variant_is_the_method(hidden: Callable[..., Tensor]) -> None:
    points = hidden(100)
    assert float(METRICS["id_twonn_mle"].function(points)) == float(id_twonn(points, method="mle"))
    assert float(METRICS["id_twonn"].function(points)) == float(id_twonn(points))


def test_no_warning_when_all_is_well(hidden: Callable[..., Tensor]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        id_microscope(hidden(100))
