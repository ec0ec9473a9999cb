"""What holds of every metric on points: all layers in one call, on a GPU, in any order, and for points that are not finite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from langgeom.metrics import Cloud, MetricError, Resample
from langgeom.metrics.registry import METRICS

ONE = [name for name, metric in METRICS.items() if metric.input == "cloud"]
TWO = [name for name, metric in METRICS.items() if metric.input == "aligned_sentences"]
BETWEEN = [name for name, metric in METRICS.items() if metric.input == "adjacent_layers"]

# What each leaves as it was: (shift, rotation, scale). Softmax knows its axes; a cosine, the origin.
KEEPS = {
    **dict.fromkeys(ONE + TWO + BETWEEN, (True, True, True)),
    "anisotropy_uncentred": (False, True, True),
    "mean_cosine": (False, True, True),
    "mexa": (False, True, True),
    "retrieval": (False, True, True),
    "retrieval_reverse": (False, True, True),
    "kl_mean": (False, False, False),
    "kl_mean_reverse": (False, False, False),
}


def inputs(name: str, layers: int = 3, n: int = 90, dim: int = 6, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(layers, n, dim, generator=generator, dtype=torch.float64) * torch.arange(1, dim + 1)
    points += torch.randn(layers, 1, dim, generator=generator, dtype=torch.float64)
    if name not in TWO:
        return [points]
    return [points, points + 1.5 * torch.randn(layers, n, dim, generator=generator, dtype=torch.float64) + 0.3]


def enough(name: str, least: int) -> int:
    """Return how many points a metric has a value for, with some to spare."""
    return max(least, METRICS[name].neighbours + 32)


@pytest.mark.parametrize("name", ONE + TWO)
def test_layers_in_one_call_are_a_loop(name: str) -> None:
    n = enough(name, 90)
    metric, stacks, resample = METRICS[name].function, inputs(name, n=n), Resample(20, seed=0)
    groups = torch.arange(n) // 5 if name in ONE else None
    together = metric(*(Cloud(stack, groups) for stack in stacks), resample=resample)
    assert together.value.shape == together.low.shape == (3,)
    for layer in range(3):
        alone = metric(*(Cloud(stack[layer], groups) for stack in stacks), resample=resample)
        for field in ("value", "low", "high", "n", "dropped"):
            # Products of several rows may be summed in another order.
            assert float(getattr(together, field)[layer]) == pytest.approx(float(getattr(alone, field)), rel=1e-12)


@pytest.mark.parametrize("name", BETWEEN)
def test_layers_in_one_call_are_a_loop_over_pairs(name: str) -> None:
    (stack,), resample = inputs(name), Resample(20, seed=0)
    together = METRICS[name].function(stack, resample=resample)
    assert together.value.shape == (2,)
    for layer in range(2):
        alone = METRICS[name].function(stack[layer : layer + 2], resample=resample)
        assert together.value[layer] == alone.value[0] and together.high[layer] == alone.high[0]


@pytest.mark.parametrize("name", ONE + TWO + BETWEEN)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3))
@settings(max_examples=5, deadline=None)
def test_invariance(name: str, seed: int, scale: float) -> None:
    """Move, turn, scale and reorder the points (both clouds alike), as far as the metric has it."""
    n = enough(name, 60)
    stacks = inputs(name, layers=2, n=n, seed=seed)
    generator = torch.Generator().manual_seed(seed + 1)
    shift, turn, grow = KEEPS[name]
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=generator, dtype=torch.float64)).Q if turn else torch.eye(6).double()
    offset = torch.randn(6, generator=generator, dtype=torch.float64) if shift else torch.zeros(6).double()
    # Folds are dealt by row.
    order = torch.arange(n) if name == "language_probe" else torch.randperm(n, generator=generator)
    moved = [((stack @ rotation) * (scale if grow else 1.0) + offset)[:, order] for stack in stacks]
    metric = METRICS[name].function
    torch.testing.assert_close(metric(*moved).value, metric(*stacks).value, rtol=3e-6, atol=1e-9)


@pytest.mark.parametrize("name", ONE + TWO + BETWEEN)
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: CPU = GPU is not tested")
def test_gpu_gives_what_the_cpu_gives(name: str, hidden: Callable[..., Tensor]) -> None:
    stacks = [torch.stack([hidden(seed=seed + offset) for seed in range(2)]).bfloat16() for offset in (0, 10)]
    stacks = stacks if name in TWO else stacks[:1]
    resample = Resample(20, seed=0)
    expected = METRICS[name].function(*stacks, resample=resample)
    found = METRICS[name].function(*(stack.cuda() for stack in stacks), resample=resample)
    torch.testing.assert_close(found.value, expected.value, rtol=2e-6, atol=1e-9)
    torch.testing.assert_close(found.low, expected.low, rtol=1e-2, atol=1e-6)
    assert torch.equal(found.n, expected.n) and torch.equal(found.dropped, expected.dropped)


@pytest.mark.parametrize("name", ONE + TWO + BETWEEN)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_points_that_are_not_finite(name: str, bad: float) -> None:
    stacks = inputs(name)
    stacks[-1][1, 7, 2] = bad
    with pytest.raises(MetricError, match=r"layer 1 has 1 of 90 points with NaN or infinite"):
        METRICS[name].function(*stacks)


@pytest.mark.parametrize("name", ONE + TWO + BETWEEN)
@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_float64_points_whose_powers_are_no_numbers(name: str, scale: float) -> None:
    with pytest.raises(MetricError, match=rf"^{name}: .*whose powers are beyond float64: scale the points.*1e-70 and 1e\+70"):
        METRICS[name].function(*(scale * stack for stack in inputs(name)))


@pytest.mark.parametrize("name", ONE + TWO + BETWEEN)
def test_a_number_of_replicates_is_no_resample(name: str) -> None:
    with pytest.raises(MetricError, match=rf"^{name}: resample is 200; give Resample\(replicates, seed\)"):
        METRICS[name].function(*inputs(name), resample=200)


@pytest.mark.parametrize("name", TWO)
def test_what_does_not_align_is_refused(name: str) -> None:
    with pytest.raises(MetricError, match=r"points \[1, 9, 4\] and reference \[1, 8, 4\] are not aligned"):
        METRICS[name].function(torch.randn(9, 4), torch.randn(8, 4))


@pytest.mark.parametrize("name", [name for name in ONE + TWO + BETWEEN if name not in ("kl_mean", "kl_mean_reverse")])
@pytest.mark.parametrize("kind", ["equal", "one"])
def test_never_a_silent_value(name: str, kind: str) -> None:
    """Equal points, or one: a documented value, or none with a warning; never an error or an infinity."""
    n = 30 if kind == "equal" else 1
    stacks = [torch.full((2, n, 4), 0.7) for _ in inputs(name)]
    metric = METRICS[name].function
    documented = {
        "mean_cosine": 1.0, "anisotropy_uncentred": 1.0, "retrieval": 1 / n, "retrieval_reverse": 1 / n, "mexa": 0.0,
    }  # fmt: skip
    expected = documented.get(name, torch.nan)
    if n == 1 and name in ("mean_cosine", "mexa"):
        expected = torch.nan
    if expected == expected:
        assert metric(*stacks, resample=Resample(20, seed=0)).value.tolist() == pytest.approx([expected] * 2)
    else:
        with pytest.warns(UserWarning, match="no value"):
            found = metric(*stacks, resample=Resample(20, seed=0))
        assert found.value.isnan().all() and found.low.isnan().all()


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("id_mle", {"k": 1}, "k is 1"),
        ("id_gride", {"scale": 0}, "scale is 0"),
        ("kl_gaussian", {"dims": 0}, "dims is 0"),
        ("kl_knn", {"k": 1}, "k is 1"),
        ("kl_gaussian", {"direction": "back"}, "'back'"),
        ("retrieval", {"direction": "back"}, "'back'"),
        ("language_probe", {"folds": 1}, "folds is 1"),
        ("language_probe", {"penalty": 0}, "penalty is 0"),
        ("language_probe", {"penalty": torch.nan}, "penalty is nan"),
        ("language_probe", {"seed": 2.5}, "seed is 2.5; it must be a whole number, 0 or more"),
        ("id_gride", {"scale": 2.5}, "scale is 2.5; it must be a whole number, 1 or more"),
        ("id_gride", {"scale": torch.nan}, "scale is nan"),
        ("id_gride", {"scale": True}, "scale is True"),
        ("id_mle", {"k": "a"}, "k is 'a'; it must be a whole number, 2 or more"),
        ("id_microscope", {"fraction": None}, "ratios is used\\) is None; it must be a whole number"),
        ("kl_knn", {"dims": 2.5}, "dims is 2.5"),
        ("id_twonn", {"discard": "a"}, "discard 'a'"),
    ],
)
def test_settings_are_checked(name: str, options: dict, said: str) -> None:
    with pytest.raises(MetricError, match=said):
        METRICS[name].function(*inputs(name), **options)


@pytest.mark.parametrize(
    ("name", "option"), [("id_gride", "scale"), ("id_mle", "k"), ("kl_knn", "dims"), ("language_probe", "folds")]
)
def test_whole_numbers_of_numpy_are_whole(name: str, option: str) -> None:
    function, stacks = METRICS[name].function, inputs(name)
    assert torch.equal(function(*stacks, **{option: np.int64(3)}).value, function(*stacks, **{option: 3}).value)


@pytest.mark.parametrize("name", [name for name in ONE + TWO + BETWEEN if KEEPS[name][2]])
@pytest.mark.parametrize(("scale", "dtype"), [(1e68, torch.float64), (1e-69, torch.float64), (1e-40, torch.float32)])
def test_scale_up_to_the_ends_of_the_range(name: str, scale: float, dtype: torch.dtype) -> None:
    """Where numbers of the dtype end nothing overflows or vanishes in silence."""
    n = enough(name, 90)
    stacks = [(scale * stack).to(dtype) for stack in inputs(name, n=n)]
    # What float32 keeps of such small numbers is the truth here.
    expected = METRICS[name].function(*(stack.double() / scale for stack in stacks)).value
    found = METRICS[name].function(*stacks).value
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", BETWEEN)
def test_one_layer_has_no_next(name: str) -> None:
    with pytest.raises(MetricError, match="two layers or more"):
        METRICS[name].function(torch.randn(9, 4))
