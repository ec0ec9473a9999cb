"""Means of what the head reads, and how sure they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from langgeom.metrics import MetricError, Resample, lens_entropy, lens_loss, lens_own, lens_reference

SHARES, NATS = (lens_own, lens_reference), (lens_loss, lens_entropy)


@pytest.mark.parametrize("function", [*SHARES, *NATS])
def test_a_mean_with_an_interval_from_twenty_sentences_on(function) -> None:  # type: ignore[no-untyped-def]
    values = torch.linspace(0.1, 0.9, 21, dtype=torch.float64)
    found, few = (function(values[:n], resample=Resample(99, seed=0)) for n in (21, 19))
    assert float(found) == pytest.approx(0.5) and int(found.n) == 21
    assert 0.3 < float(found.low) < 0.45 < 0.55 < float(found.high) < 0.7
    assert float(few) == pytest.approx(float(values[:19].mean())) and few.low is not None and few.low.isnan()
    alike = function(values.repeat_interleave(5), resample=Resample(99, seed=0, documents=np.arange(105) // 5))
    assert float(alike.low) == pytest.approx(float(found.low), abs=0.03)  # five alike are worth one


@pytest.mark.parametrize("function", [*SHARES, *NATS])
@pytest.mark.parametrize(
    ("bad", "said"),
    [(torch.ones(2, 3), "vector"), (torch.zeros(0), "vector"), (torch.tensor([1.0, torch.nan]), "1 of 2 .*float32")],
)
def test_what_cannot_be_read_is_refused(function, bad: torch.Tensor, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MetricError, match=rf"^{function.__name__}: .*{said}"):
        function(bad)


@pytest.mark.parametrize(("a", "b"), [(0.3, 2.0), (0.2, 0.2), (2.0, 5.0)])
def test_intervals_of_shares_hold_the_truth(a: float, b: float) -> None:
    """Of 48 sentences whose shares are mostly little, all or nothing, or much alike."""
    drawn, truth, held = np.random.default_rng(0).beta(a, b, (300, 48)), a / (a + b), 0
    for values in drawn:
        found = lens_own(torch.from_numpy(values), resample=Resample(99, seed=0))
        assert found.low is not None and found.high is not None
        held += float(found.low) <= truth <= float(found.high)
    assert 0.91 < held / len(drawn) < 0.985
