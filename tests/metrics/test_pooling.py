"""Position-weighted and last-token pooling: parity with numpy's averages and the metrics of sentences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from langgeom.metrics import Cloud, MetricError, Resample
from langgeom.metrics.measure import measure_text
from langgeom.metrics.registry import METRICS
from metrics.test_measure import text

SIZES = np.random.default_rng(1).integers(1, 9, 30)
RESAMPLE = Resample(30, seed=1)


def both() -> list[list[np.ndarray]]:
    random = np.random.default_rng(0)
    means = random.normal(size=(30, 12))
    return [[mean + random.normal(size=(size, 12)) for mean, size in zip(means, SIZES, strict=True)] for _ in range(2)]


def cloud(sentences: list[np.ndarray]) -> Cloud:
    """Sentences taken apart, so that their tokens stand between those of others, in their order."""
    groups = torch.arange(30).repeat_interleave(torch.tensor([len(tokens) for tokens in sentences]))
    mixed = groups[torch.randperm(len(groups), generator=torch.Generator().manual_seed(0))]
    points = torch.empty(len(groups), 12, dtype=torch.float64)
    points[mixed.argsort(stable=True)] = torch.from_numpy(np.concatenate(sentences))
    return Cloud(points, mixed)


@pytest.mark.parametrize("similarity", ["cka", "mexa", "retrieval"])
@pytest.mark.parametrize("pooling", ["weighted", "last"])
def test_a_pooled_similarity_is_that_of_the_pooled_sentences(similarity: str, pooling: str) -> None:
    texts = both()
    means = [
        torch.from_numpy(np.stack([
            one[-1] if pooling == "last" else np.average(one, axis=0, weights=range(1, 1 + len(one))) for one in sentences
        ])) for sentences in texts
    ]  # fmt: skip
    expected = METRICS[similarity].function(*means, resample=RESAMPLE)
    found = METRICS[f"{similarity}_{pooling}"].function(*map(cloud, texts), resample=RESAMPLE)
    assert 0.1 < float(found) < 0.95 and int(found.n) == 30
    for field in ("value", "low", "high", "p", "null"):
        assert float(getattr(found, field)) == pytest.approx(float(getattr(expected, field)), rel=1e-9), field


def test_measured_on_whole_sentences_with_a_best_layer() -> None:
    hidden, reference = (text([0, 1, 2, 3, 4, 5], [20, 15, 30, 9, 11, 4], seed=seed) for seed in (0, 1))
    rows = measure_text(hidden, reference, {"aligned": ["cka_last"]}, Resample(20, seed=0))
    assert [row["layer"] for row in rows] == [0, 1, 2, None] and {row["n"] for row in rows} == {6}
    assert all(row["p"] is not None for row in rows)


def test_settings_are_checked() -> None:
    one = cloud(both()[0])
    with pytest.raises(MetricError, match="pooling 'first'; allowed: cka, mexa, retrieval, and weighted or last"):
        METRICS["cka_last"].function(one, one, pooling="first")
