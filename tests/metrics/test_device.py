"""Metrics are measured where they are told to, and their numbers come back to the CPU."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from elsewhere import DEVICE, elsewhere
from langgeom.device import pick_device, reproducible
from langgeom.hidden.states import HiddenStates
from langgeom.metrics import Resample
from langgeom.metrics.catalogue import METRICS, OVER
from langgeom.metrics.measure import measure_text
from langgeom.metrics.registry import METRICS as FUNCTIONS
from metrics.quick import QUICK

ALL = {over: [name for name, metric in METRICS.items() if metric.input in inputs] for over, inputs in OVER.items()}


def text(hidden: Callable[..., Tensor], seed: int, lines: list[int]) -> HiddenStates:
    """Make the hidden states of a text of 40 sentences of five tokens, with some repeated."""
    token = torch.stack([hidden(200, 16, repeated=0.1, seed=seed + layer) for layer in range(2)]).bfloat16()
    counts = torch.full((len(lines),), 5, dtype=torch.int32)
    means = token.float().unflatten(1, (40, 5)).mean(2)
    return HiddenStates(
        token=token, token_sentence=torch.arange(40, dtype=torch.int32).repeat_interleave(5), sentence=means,
        sentence_line=torch.tensor(lines, dtype=torch.int32), tokens=counts, words=counts, characters=counts * 4,
        bytes=counts * 5, unknown=counts // 2, fragments=counts // 3, nll=counts * 3.0, scored_characters=counts * 4,
        scored_bytes=counts * 5, lens_sentence=torch.arange(0, 40, 2, dtype=torch.int32),
        **{f"lens_{name}": means[:, ::2, 0].double().sigmoid() for name in ("loss", "entropy", "own", "reference")},
    )  # fmt: skip


@pytest.fixture
def pair(hidden: Callable[..., Tensor]) -> tuple[HiddenStates, HiddenStates]:
    return text(hidden, 0, list(range(40))), text(hidden, 50, [*range(5, 45)])


def test_the_stand_in_keeps_devices_apart() -> None:
    with elsewhere():
        there = torch.arange(6.0).to(DEVICE)
        assert there.device.type == DEVICE.type and torch.zeros(2, device=there.device).device.type == DEVICE.type
        assert float(there.sum()) == 15 and (there * 2).cpu().tolist() == [0, 2, 4, 6, 8, 10]
        there[1] = 7
        assert there.cpu()[1] == 7 and bool((there * torch.tensor(2.0) > 11).any())
        with pytest.raises(RuntimeError, match="same device"):
            there + torch.ones(6)


ROUNDED = ("value", "low", "high", "half_a", "half_b", "null")


def test_every_metric_forgets_no_device(pair: tuple[HiddenStates, HiddenStates]) -> None:
    expected = measure_text(*pair, ALL, Resample(20, seed=0), settings=QUICK)
    with elsewhere():
        found = measure_text(*pair, ALL, Resample(20, seed=0), DEVICE, QUICK)
    # The eigenvalues of a tensor that is elsewhere come with vectors, by another kernel.
    assert [row | dict.fromkeys(ROUNDED) for row in found] == [row | dict.fromkeys(ROUNDED) for row in expected]
    for name in ROUNDED:
        values = ([math.nan if row[name] is None else row[name] for row in rows] for rows in (found, expected))
        assert next(values) == pytest.approx(next(values), rel=1e-9, abs=1e-12, nan_ok=True)
    assert {row["metric"] for row in found} == set(METRICS) == set(FUNCTIONS)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here: the metrics of a text on a GPU are not tested")
def test_a_text_on_a_gpu_is_that_on_the_cpu_and_the_same_again(pair: tuple[HiddenStates, HiddenStates]) -> None:
    expected = measure_text(*pair, ALL, Resample(20, seed=0))
    device = pick_device()
    with reproducible(device):
        found, again = (measure_text(*pair, ALL, Resample(20, seed=0), device) for _ in range(2))
    assert found == again

    def near(mine: Any, own: Any, tolerance: float) -> bool:
        return mine == own if mine is None or own is None else math.isclose(mine, own, rel_tol=tolerance, abs_tol=1e-6)

    for mine, own in zip(found, expected, strict=True):
        names = ("layer", "metric", "over", "n", "dropped")
        assert [mine[name] for name in names] == [own[name] for name in names]
        assert near(mine["value"], own["value"], 1e-5), (mine, own)
        assert near(mine["low"], own["low"], 1e-2) and near(mine["high"], own["high"], 1e-2), (mine, own)


def test_on_a_cpu_nothing_is_changed() -> None:
    with reproducible(torch.device("cpu")):
        assert not torch.are_deterministic_algorithms_enabled()
