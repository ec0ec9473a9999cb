"""The subspace of language: planted ones are found and taken out, noise gives none, and LEACE is what its paper says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from langgeom.metrics import Resample
from langgeom.subspaces import _halves, leace, probe, removals, retrieval, rows_of

TEXTS = [f"a{chr(97 + number)}a_Latn" for number in range(12)]
WAYS = ("centring", "projection", "leace")


def world(seed: int, size: float, sentences: int = 120, dim: int = 48, rank: int = 3) -> tuple[Tensor, Tensor]:
    """Return texts [12, sentences, d] of one meaning each sentence, an offset of each text and noise; and the offsets' axes."""
    random = np.random.default_rng(seed)
    axes = np.linalg.qr(random.normal(size=(dim, rank)))[0]
    offsets = size * random.normal(size=(12, rank)) @ axes.T
    meaning, noise = random.normal(size=(sentences, dim)), 0.7 * random.normal(size=(12, sentences, dim))
    return torch.from_numpy(3 + meaning + noise + offsets[:, None]), torch.from_numpy(axes)


def found(points: Tensor, seed: int = 0, **options: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = rows_of(TEXTS[: len(points)], points, TEXTS[0], Resample(200, seed=seed, **options))
    return {(row["metric"], row.get("removal", "")): row for row in rows}


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_subspace_is_found_and_taken_out(seed: int) -> None:
    points, axes = world(seed, 6)
    rows, without = found(points), found(world(seed, 0)[0])
    fitted = removals(points)["projection"].taken
    assert fitted.shape == (48, 3) and torch.linalg.svdvals(fitted.T @ axes).min() > 0.999
    assert rows["rank", ""]["value"] == 3 and rows["overlap", ""]["value"] > 0.99
    centred = points - points.mean((0, 1))
    share = (centred @ axes).square().sum() / centred.square().sum()
    held = rows["variance_share", ""]
    assert held["low"] < share < held["high"] and held["value"] == pytest.approx(float(share), abs=0.01)
    before, best = rows["retrieval", "none"], without["retrieval", "none"]
    assert before["high"] < 0.95 < best["low"]
    assert rows["probe", "none"]["low"] > 0.7
    for way in WAYS:
        after, gain = rows["retrieval", way], rows["retrieval_gain", way]
        assert after["value"] == pytest.approx(best["value"], abs=0.02)
        assert 0.05 < gain["low"] < gain["value"] < gain["high"]
        assert gain["value"] == pytest.approx(after["value"] - before["value"])
        assert rows["probe", way]["value"] == pytest.approx(1 / 12, abs=0.03)


def test_without_offsets_nothing_is_gained_and_nothing_found() -> None:
    worlds = [found(world(seed, 0, sentences=60)[0], seed) for seed in range(50)]
    for way in WAYS:
        assert sum(rows["retrieval_gain", way]["low"] > 0 for rows in worlds) <= 3
    for way in ("none", *WAYS):
        assert np.mean([rows["probe", way]["value"] for rows in worlds]) == pytest.approx(1 / 12, abs=0.01)
    # By chance the squared cosines are rank / d on average.
    assert np.mean([rows["overlap", ""]["value"] for rows in worlds]) == pytest.approx(10 / 48, abs=0.05)


def test_a_probe_finds_spread_that_no_shift_takes_out() -> None:
    """Texts of equal means, each with four directions of its own; with 400 sentences, where means are known well."""
    random = np.random.default_rng(0)
    spread = np.einsum("tnk,tkd->tnd", random.normal(size=(12, 400, 4)), random.normal(size=(12, 4, 48)))
    rows = found(world(0, 0, sentences=400)[0] + torch.from_numpy(spread))
    assert all(rows["probe", way]["low"] > 1.5 / 12 for way in ("none", *WAYS))


def test_leace_is_the_oblique_projection_of_its_paper() -> None:
    """Theorem 4.2: P = I - W^-1 P_(W S) W, here with matrix powers and an inverse of S; and what the theorem says of it."""
    random = torch.Generator().manual_seed(0)
    mix = torch.randn(10, 10, generator=random, dtype=torch.float64)
    points = torch.randn(4, 50, 10, generator=random, dtype=torch.float64) @ mix
    points = points - points.mean((0, 1))
    rows, offsets = points.flatten(0, 1), points.mean(1)
    covariance = rows.T @ rows / len(rows)
    labels = torch.eye(4, dtype=torch.float64).repeat_interleave(50, 0) - 0.25
    cross = rows.T @ labels / len(rows)
    values, vectors = torch.linalg.eigh(covariance)
    root = vectors @ values.sqrt().diag() @ vectors.T
    white = torch.linalg.inv(root)
    onto = white @ cross @ torch.linalg.pinv(white @ cross)
    seen, taken = leace(covariance, offsets)
    assert seen.shape == (10, 3)
    assert torch.allclose(taken @ seen.T, root @ onto @ white, atol=1e-9)
    cleared = rows - rows @ seen @ taken.T
    assert (cleared.T @ labels).abs().max() < 1e-9
    # It moves the points less than projecting the means' directions off.
    axes = torch.linalg.svd(offsets, full_matrices=False)[2][:3].T
    assert (rows - cleared).square().sum() < (rows @ axes).square().sum() * 0.999 or torch.allclose(seen, axes)


def test_a_probe_and_retrieval_by_hand() -> None:
    random = torch.Generator().manual_seed(1)
    means = 20 * torch.randn(3, 1, 5, generator=random, dtype=torch.float64)
    points = means + torch.randn(3, 40, 5, generator=random, dtype=torch.float64)
    assert probe(points[:, :20], points[:, 20:]).tolist() == [1] * 20
    swapped = torch.stack([points[1, 20:], points[0, 20:], points[2, 20:]])
    assert probe(points[:, :20], swapped).tolist() == pytest.approx([1 / 3] * 20)
    own = torch.eye(4, dtype=torch.float64)
    assert retrieval(torch.stack([own, 2 * own, own[[1, 0, 2, 3]]]), 0).tolist() == [0.5, 0.5, 1, 1]


def test_documents_stay_whole() -> None:
    """Ten documents are too few; of 25 with four lines each none is split between what is fitted and what is judged."""
    points, documents = world(0, 6)[0][:, :100], [number // 4 for number in range(100)]
    assert found(points, documents=[number // 10 for number in range(100)]) == {}
    for half in _halves(torch.arange(100), Resample(200, seed=0, documents=documents)):
        assert all(count == 4 for count in Counter(number // 4 for number in half.tolist()).values())
    assert found(points, documents=documents)["rank", ""]["n"] == 100


def test_few_texts_or_sentences_have_no_rows_and_equal_texts_no_language() -> None:
    points = world(0, 6)[0]
    assert found(points[:2]) == {} and found(points[:, :19]) == {}
    assert not list(rows_of(TEXTS, points, "srp_Latn_fromCyrl", Resample(200, seed=0)))
    same = found(points[:1].repeat(7, 1, 1))
    assert same["retrieval", "none"]["value"] == same["retrieval", "projection"]["value"] == 1
    assert same["probe", "none"]["value"] == pytest.approx(1 / 7)
    assert same["rank", ""]["value"] == same["variance_share", ""]["value"] == 0 and np.isnan(same["overlap", ""]["value"])


def test_a_subspace_of_all_dimensions_has_all_the_variance() -> None:
    for seed in range(8):
        share = found(world(seed, 6, 40, 2, rank=2)[0])["variance_share", ""]
        assert share["value"] == share["high"] == 1 and 0.9 < share["low"] < 1
