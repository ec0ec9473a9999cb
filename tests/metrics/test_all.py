"""What holds of every metric on points: layers in one call, any order, a GPU, and points that are no numbers.

What a metric promises beyond that (which motions change no value, its value for equal points) is read from docs/metrics.md;
a metric that the page does not name is held to the rest.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, MetricError, Resample
from langgeom.metrics.registry import METRICS
from metrics.quick import QUICK
from printed import blocks

ONE = [name for name, metric in METRICS.items() if metric.input == "cloud"]
TWO = [name for name, metric in METRICS.items() if metric.input == "aligned_sentences"]
TOKENS = [name for name, metric in METRICS.items() if metric.input in ("aligned_tokens", "cloud_beside")]
BETWEEN = [name for name, metric in METRICS.items() if metric.input == "adjacent_layers"]
ALL = ONE + TWO + TOKENS + BETWEEN
PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def names(cell: str) -> set[str]:
    """Return the metrics that a cell of a table on the page names, with those that end in _reverse."""
    found = set(re.findall(r"`(\w+)`", cell))
    return found | {f"{name}_reverse" for name in found}


def table(heading: str) -> dict[str, set[str]]:
    """Return a table of two columns on the page by its first heading: first cells, and the metrics in the second."""
    rows = PAGE.partition(f"| {heading} | metrics |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    assert rows, heading
    return {first.strip(): names(second) for _, first, second, _ in (row.split("|") for row in rows)}


CHANGED = table("changed by")
EQUAL = {name: value for value, listed in table("value of equal points").items() for name in listed}
DOCUMENTED = [name for name in ALL if f"`{name.removesuffix('_reverse')}`" in PAGE]


def function(name: str) -> Callable[..., Estimate]:
    return functools.partial(METRICS[name].function, **QUICK.get(name, {}))


def inputs(name: str, layers: int = 3, n: int = 110, dim: int = 6, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(layers, n, dim, generator=generator, dtype=torch.float64) * torch.arange(1, dim + 1)
    points += torch.randn(layers, 1, dim, generator=generator, dtype=torch.float64)
    if name not in TWO + TOKENS:
        return [points]
    return [points, points + 1.5 * torch.randn(layers, n, dim, generator=generator, dtype=torch.float64) + 0.3]


def clouds(name: str, stacks: list[Tensor]) -> list[Cloud]:
    """Return the stacks as clouds, of five tokens a sentence where the metric has tokens."""
    groups = None if name in TWO else torch.arange(stacks[0].shape[-2]) // 5
    return [Cloud(stack, groups) for stack in stacks]


def enough(name: str, least: int) -> int:
    """Return how many points a metric has a value and an interval for, with some to spare."""
    return max(least, 2 * METRICS[name].neighbours + 64)


@pytest.mark.parametrize("name", ALL)
def test_layers_in_one_call_are_a_loop(name: str) -> None:
    metric, stacks, resample = function(name), inputs(name, n=enough(name, 110)), Resample(20, seed=0)
    count = 2 if name in BETWEEN else 1
    together = metric(*clouds(name, stacks), resample=resample)
    assert together.value.shape == together.low.shape == (4 - count,)
    for layer in range(4 - count):
        alone = metric(*clouds(name, [stack[layer : layer + count] for stack in stacks]), resample=resample)
        for field in ("value", "low", "high", "n", "dropped"):
            torch.testing.assert_close(
                getattr(together, field)[layer], getattr(alone, field)[0], rtol=0, atol=0, equal_nan=True
            )


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_points_stay_as_they_were(name: str, dtype: torch.dtype) -> None:
    """Of points wide enough for every way of finding distances; so the same call gives the same again."""
    stacks = [stack.to(dtype) for stack in inputs(name, layers=2, n=enough(name, 60), dim=40)]
    before = [stack.clone() for stack in stacks]
    first, again = (METRICS[name].function(*clouds(name, stacks)).value for _ in range(2))
    assert all(map(torch.equal, before, stacks))
    torch.testing.assert_close(first, again, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", ALL)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3))
@settings(max_examples=2, deadline=None)
def test_invariance(name: str, seed: int, scale: float) -> None:
    """Move, turn, scale and reorder the points (both clouds alike), as far as the page says that it changes no value."""
    n, copies = enough(name, 60), 6 if name in ONE else 0
    stacks = inputs(name, layers=2, n=n, seed=seed)
    generator = torch.Generator().manual_seed(seed + 1)
    by = [name in DOCUMENTED and name not in CHANGED[change] for change in ("a shift", "a rotation", "a scale")]
    rotation = (
        torch.linalg.qr(torch.randn(6, 6, generator=generator, dtype=torch.float64)).Q if by[1] else torch.eye(6).double()
    )
    offset = torch.randn(6, generator=generator, dtype=torch.float64) * by[0]
    keep = name in CHANGED["another order"] or name in TOKENS  # tokens stand in theirs
    order = torch.arange(n) if keep else torch.randperm(n, generator=generator)
    for stack in stacks:
        stack[:, :copies] = stack[:, copies : copies + 1]
    moved = [(stack @ rotation) * (scale if by[2] else 1.0) + offset for stack in stacks]
    for stack in moved:
        # Copies stay copies, whatever a product rounds to.
        stack[:, :copies] = stack[:, copies : copies + 1]
    found = function(name)(*(Cloud(stack[:, order], None if name in TWO else order // 5) for stack in moved))
    # CorrInt counts the pairs within two of their own distances, which rounding lets in or keeps out.
    rtol = 2e-2 if name == "skdim_corrint" else 3e-6
    torch.testing.assert_close(found.value, function(name)(*clouds(name, stacks)).value, rtol=rtol, atol=1e-9)


@pytest.mark.parametrize("name", ONE + TWO + BETWEEN)
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: CPU = GPU is not tested")
def test_gpu_gives_what_the_cpu_gives(name: str, hidden: Callable[..., Tensor]) -> None:
    stacks = [torch.stack([hidden(seed=seed + offset) for seed in range(2)]).bfloat16() for offset in (0, 10)]
    stacks = stacks if name in TWO else stacks[:1]
    resample = Resample(20, seed=0)
    expected = function(name)(*clouds(name, stacks), resample=resample)
    found = function(name)(*clouds(name, [stack.cuda() for stack in stacks]), resample=resample)
    torch.testing.assert_close(found.value, expected.value, rtol=2e-6, atol=1e-9)
    torch.testing.assert_close(found.low, expected.low, rtol=1e-2, atol=1e-6, equal_nan=True)
    assert torch.equal(found.n, expected.n) and torch.equal(found.dropped, expected.dropped)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("bad", [torch.nan, -torch.inf])
def test_points_that_are_not_finite(name: str, bad: float) -> None:
    for which, reference in (("", 0), ("in the reference, ", 1))[: len(inputs(name))]:
        stacks = inputs(name)
        stacks[reference][1, 7, 2] = bad
        with pytest.raises(MetricError, match=rf"^{name}: {which}layer 1 has 1 of 110 points with NaN or infinite"):
            function(name)(*clouds(name, stacks))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_float64_points_whose_powers_are_no_numbers(name: str, scale: float) -> None:
    with pytest.raises(MetricError, match=rf"^{name}: .*layer 0 .*scale the points.*1e-70 and 1e\+70"):
        function(name)(*(scale * stack for stack in inputs(name)))


@pytest.fixture
def stranger() -> Callable:
    """Declare the metric of docs/extend.md."""
    (source,) = (block.body for block in blocks("extend.md") if (block.title or "").endswith("mean_norm.py"))
    exec(source, {"__name__": "mean_norm"})
    return METRICS.pop("mean_norm").function


@pytest.mark.parametrize(("bad", "said"), [(torch.nan, "NaN or infinite"), (torch.inf, "NaN or infinite"), (1e200, "1e\\+70")])
def test_the_metric_of_the_guide_keeps_the_contract(stranger: Callable, bad: float, said: str) -> None:
    points = inputs("mean_norm")[0]
    assert stranger(points, resample=Resample(20, seed=0)).low.isfinite().all()
    points[2, 5, 1] = bad
    with pytest.raises(MetricError, match=rf"^mean_norm: layer 2 has .*{said}"):
        stranger(points, resample=Resample(20, seed=0))


@pytest.mark.parametrize("name", ALL)
def test_a_number_of_replicates_is_no_resample(name: str) -> None:
    with pytest.raises(MetricError, match=rf"^{name}: resample is 200; give Resample\(replicates, seed\)"):
        function(name)(*inputs(name), resample=200)


@pytest.mark.parametrize("name", TWO)
def test_what_does_not_align_is_refused(name: str) -> None:
    with pytest.raises(MetricError, match=r"points \[1, 9, 4\] and reference \[1, 8, 4\] are not aligned"):
        function(name)(torch.randn(9, 4), torch.randn(8, 4))
    points = torch.randn(12, 4)
    with pytest.raises(MetricError, match=rf"{name}: 12 rows in 4 groups: .*without groups"):
        function(name)(Cloud(points, torch.arange(12) // 3), Cloud(points), resample=Resample(20, seed=0))


@pytest.mark.parametrize("name", ONE + TWO + BETWEEN)
@pytest.mark.parametrize("n", [30, 1])
@pytest.mark.filterwarnings("ignore::langgeom.metrics.estimate.MissingValueWarning")
def test_never_a_silent_value(name: str, n: int) -> None:
    """Equal points, or one: the documented value, or none with a warning; never an error or an infinity."""
    # 0.1 is no float64 number: the mean of copies is off by rounding, which is no spread.
    stacks = [torch.full((2, n, 4), 0.1, dtype=torch.float64) for _ in inputs(name)]
    with pytest.warns(UserWarning) if name not in EQUAL and name in DOCUMENTED else pytest.MonkeyPatch.context():
        found = function(name)(*clouds(name, stacks), resample=Resample(20, seed=0))
    assert not found.value.isinf().any() and not found.low[found.value.isnan()].isfinite().any()
    assert bool((found.n + found.dropped == n).all())
    if name in EQUAL:
        if EQUAL[name] == "its own":
            expected = float(function(name)(stacks[0][0, :1]))
        else:
            expected = {"1/n": 1 / n, "2/(n + 1)": 2 / (n + 1)}.get(EQUAL[name]) or float(EQUAL[name])
        assert (n == 1 and bool(found.value.isnan().all())) or found.value.tolist() == pytest.approx([expected] * 2, abs=1e-12)
    elif name in DOCUMENTED:
        assert found.value.isnan().all()


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("id_mle", {"k": 1}, "k is 1"),
        ("id_mle", {"k": "a"}, "k is 'a'"),
        ("id_gride", {"scale": 0}, "scale is 0"),
        ("id_gride", {"scale": 2.5}, "scale is 2.5; it must be a whole number, 1 or more"),
        ("id_gride", {"scale": torch.nan}, "scale is nan"),
        ("id_gride", {"scale": True}, "scale is True"),
        ("id_microscope", {"fraction": None}, "ratios is used\\) is None"),
        ("id_twonn", {"method": "ml"}, "'ml'"),
        ("id_twonn", {"discard": 1.0}, "discard 1.0"),
        ("id_twonn", {"discard": "a"}, "discard 'a'"),
        ("id_twonn_difference", {"estimator": "id_mle"}, "'id_mle'; allowed: id_microscope, id_twonn"),
        ("kl_padded", {"part": "middle"}, "'middle'; allowed: all, common, beyond"),
        ("variance_top_3", {"dimensions": 0}, "dimensions is 0"),
        ("cosine_top_3", {"dimensions": 2.5}, "dimensions is 2.5"),
        ("matrix_entropy", {"length": 1}, "length is 1"),
        ("spectral_slope", {"first": 0}, "first is 0"),
        ("kl_gaussian", {"dims": 0}, "dims is 0"),
        ("kl_knn", {"k": 1}, "k is 1"),
        ("kl_knn", {"dims": 2.5}, "dims is 2.5"),
        *((name, {"direction": "back"}, "'back'; allowed") for name in METRICS if name + "_reverse" in METRICS),
        ("language_probe", {"folds": 1}, "folds is 1"),
        ("language_probe", {"penalty": 0}, "penalty is 0"),
        ("language_probe", {"penalty": torch.nan}, "penalty is nan"),
        ("language_probe", {"seed": 2.5}, "seed is 2.5"),
    ],
)  # fmt: skip
def test_settings_are_checked(name: str, options: dict, said: str) -> None:
    with pytest.raises(MetricError, match=said):
        function(name)(*inputs(name), **options)


@pytest.mark.parametrize(
    ("name", "option"), [("id_gride", "scale"), ("id_mle", "k"), ("kl_knn", "dims"), ("language_probe", "folds")]
)
def test_whole_numbers_of_numpy_are_whole(name: str, option: str) -> None:
    stacks = inputs(name)
    found, expected = (function(name)(*stacks, **{option: number}).value for number in (np.int64(3), 3))
    assert torch.equal(found, expected)


@pytest.mark.parametrize("name", [name for name in DOCUMENTED if name not in CHANGED["a scale"]])
@pytest.mark.parametrize(("scale", "dtype"), [(1e68, torch.float64), (1e-69, torch.float64), (1e-40, torch.float32)])
def test_scale_up_to_the_ends_of_the_range(name: str, scale: float, dtype: torch.dtype) -> None:
    """Where numbers of the dtype end nothing overflows or vanishes in silence."""
    n = enough(name, 90)
    stacks = [(scale * stack).to(dtype) for stack in inputs(name, n=n)]
    # What float32 keeps of such small numbers is the truth here.
    expected = function(name)(*clouds(name, [stack.double() / scale for stack in stacks])).value
    found = function(name)(*clouds(name, stacks)).value
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", BETWEEN)
def test_one_layer_has_no_next(name: str) -> None:
    with pytest.raises(MetricError, match="two layers or more"):
        function(name)(torch.randn(9, 4))
