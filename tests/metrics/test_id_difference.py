"""Differences of intrinsic dimension between two versions of the same sentences: parity, label swaps, the row over layers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from langgeom.hidden.states import HiddenStates
from langgeom.metrics import (
    Cloud,
    MetricError,
    Resample,
    id_microscope,
    id_microscope_difference,
    id_twonn,
    id_twonn_difference,
)
from langgeom.metrics.measure import measure_text

BOTH = [(id_microscope_difference, id_microscope), (id_twonn_difference, id_twonn)]


def planted(sentences: int, extra: float, seed: int, tokens: int = 8) -> tuple[Cloud, Cloud]:
    """Return two versions of sentences: one in 3 dimensions, one with noise of size `extra` in 3 more after half its tokens."""
    generator = torch.Generator().manual_seed(seed)
    points, noise = torch.randn(2, sentences, tokens, 6, generator=generator, dtype=torch.float64)
    points[:, :, 3:] = 0
    noise[:, :, :3] = 0
    # Beginnings are shared, as they are before an error.
    noise[:, : tokens // 2] = 0
    groups = torch.arange(sentences).repeat_interleave(tokens)
    return Cloud((points + extra * noise).flatten(0, 1), groups), Cloud(points.flatten(0, 1), groups)


@pytest.mark.parametrize(("difference", "dimension"), BOTH)
def test_it_is_the_difference_of_the_two(difference: Callable, dimension: Callable, hidden: Callable[..., Tensor]) -> None:
    # Different numbers of tokens, and duplicates in one of them.
    x, y = (
        torch.stack([hidden(240), hidden(240, seed=1)]),
        torch.stack([hidden(220, seed=2, repeated=0.1), hidden(220, seed=3)]),
    )
    ours, theirs = Cloud(x, torch.arange(240) // 12), Cloud(y, torch.arange(220) // 11)
    found = difference(ours, theirs, resample=Resample(20, seed=0))
    assert found.value.tolist() == pytest.approx((dimension(ours).value - dimension(theirs).value).tolist(), rel=1e-9)
    assert found.n.tolist() == [20, 20] and found.dropped.tolist() == [0, 0]
    assert torch.equal(difference(ours, theirs).value, found.value) and difference(ours, theirs).low is None
    even_x, even_y = (torch.arange(n) // size % 2 == 0 for n, size in ((240, 12), (220, 11)))
    halves = dimension(x[:, even_x]).value - dimension(y[:, even_y]).value
    assert found.half_a.tolist() == pytest.approx(halves.tolist(), rel=1e-9, nan_ok=True)


def twonn(table: Tensor) -> float:
    """Return the dimension from a table of distances, by the plain formula."""
    r1, r2 = table.topk(2, largest=False).values.T
    x, n = (r2 / r1).log().sort().values, len(table)
    keep = int(n * 0.9)
    x, y = x[:keep], -torch.log1p(-torch.arange(1, keep + 1, dtype=torch.float64) / n)
    return float(x @ y / (x @ x))


def test_label_swaps_against_all_of_them() -> None:
    """Ten pairs, 1,024 ways to label them: each swap drawn is the value of its labels, and p is near that of all."""
    pairs, tokens = 10, 8
    x, y = planted(pairs, 0.4, seed=3)
    points = torch.stack([x.points[0], y.points[0]]).reshape(2, pairs, tokens, 6)
    groups = torch.arange(pairs)

    def dimension(versions: Tensor) -> float:
        chosen = points[versions, groups].flatten(0, 1)
        table = torch.cdist(chosen, chosen, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
        return twonn(table)

    ways = torch.tensor(list(itertools.product((0, 1), repeat=pairs)))
    sides = torch.tensor([dimension(way) for way in ways], dtype=torch.float64)
    exact = sides - sides.flip(0)  # the opposite labels stand at the other end
    resample = Resample(1500, seed=1)
    found = id_twonn_difference(x, y, resample=resample)
    assert float(found) == pytest.approx(float(exact[0]), rel=1e-9)
    drawn = (resample.swaps(pairs).long() * 2 ** torch.arange(pairs - 1, -1, -1)).sum(1)
    torch.testing.assert_close(found.swapped, exact[drawn], rtol=1e-9, atol=1e-12)
    p = float((exact.abs() >= exact[0].abs() * (1 - 1e-9)).double().mean())
    assert 0.01 < p < 0.99
    assert float(found.p) == pytest.approx(p, abs=4 * (p * (1 - p) / 1500) ** 0.5 + 1 / 1500)


@pytest.mark.parametrize("difference", [id_microscope_difference, id_twonn_difference])
def test_identical_texts_do_not_differ(difference: Callable) -> None:
    x, _ = planted(30, 0.5, seed=1)
    found = difference(x, Cloud(x.points[0].clone(), x.groups), resample=Resample(50, seed=0))
    assert (float(found), float(found.low), float(found.high), float(found.p)) == (0, 0, 0, 1)


@pytest.mark.parametrize("difference", [id_microscope_difference, id_twonn_difference])
def test_the_order_of_the_two_gives_the_sign(difference: Callable) -> None:
    x, y = planted(60, 0.8, seed=2)
    forth, back = (difference(*pair, resample=Resample(50, seed=0)) for pair in ((x, y), (y, x)))
    assert float(forth) == pytest.approx(-float(back), rel=1e-9) and float(forth) > 0.5
    assert [float(forth.low), float(forth.high)] == pytest.approx([-float(back.high), -float(back.low)], rel=1e-9)
    assert float(forth.low) > 0 and float(forth.p) == float(back.p) == pytest.approx(1 / 51)


def test_false_alarms_are_as_rare_as_they_should_be() -> None:
    """Versions that are exchangeable: p is at most 0.2 in about a fifth of 60 samples."""
    alarms = 0
    for seed in range(60):
        x, y = planted(24, 0.3, seed)
        swap = torch.rand(24, generator=torch.Generator().manual_seed(seed)) < 0.5
        ours, theirs = (torch.where((swap[x.groups] ^ side)[:, None], y.points[0], x.points[0]) for side in (False, True))
        alarms += (
            float(id_twonn_difference(Cloud(ours, x.groups), Cloud(theirs, x.groups), resample=Resample(39, seed)).p) <= 0.2
        )
    assert 5 <= alarms <= 20


def states(cloud: Cloud, lines: int, tokens: int = 8) -> HiddenStates:
    """Return hidden states of four layers, the embedding and three that differ a little."""
    g = torch.Generator().manual_seed(0)
    token = torch.cat([cloud.points + 0.05 * layer * torch.randn(cloud.points.shape, generator=g) for layer in range(4)])
    count = torch.full((lines,), tokens, dtype=torch.int32)
    return HiddenStates(
        token=token, token_sentence=cloud.groups.int(), sentence=token.reshape(4, lines, tokens, -1).mean(2),
        sentence_line=torch.arange(lines, dtype=torch.int32), tokens=count, words=count, characters=count, bytes=count,
    )  # fmt: skip


def test_the_row_over_layers_is_the_median_with_its_own_swaps() -> None:
    x, y = planted(40, 0.3, seed=5)
    text, reference = states(x, 40), states(y, 40)
    resample = Resample(199, seed=0)
    rows = measure_text(text, reference, {"pairs": ["id_twonn_difference"]}, resample)
    assert [row["layer"] for row in rows] == [0, 1, 2, 3, None]
    alone = id_twonn_difference(Cloud(text.token[1:], x.groups), Cloud(reference.token[1:], y.groups), resample=resample)
    value, swapped = float(alone.value.median()), alone.swapped.median(1).values
    spread = 1.959963984540054 * float(swapped.square().mean().sqrt())
    found = rows[-1]
    assert [found["value"], found["low"], found["high"]] == pytest.approx([value, value - spread, value + spread], rel=1e-9)
    assert found["p"] == pytest.approx((1 + int((swapped.abs() >= abs(value)).sum())) / 200)
    assert (found["over"], found["n"], found["dropped"], found["sentences"]) == ("token", 40, 0, 40)
    assert found["half_a"] == pytest.approx(float(alone.half_a.median()), rel=1e-9)


@pytest.mark.parametrize("difference", [id_microscope_difference, id_twonn_difference])
def test_what_cannot_be_compared(difference: Callable) -> None:
    x, y = planted(20, 0.5, seed=4)
    with pytest.raises(MetricError, match=r"20 sentences, the reference 1, 6, 10; they must agree"):
        difference(x, Cloud(y.points[0, :80], y.groups[:80]))
    broken = y.points[0].clone()
    broken[3] = torch.nan
    with pytest.raises(MetricError, match="1 of 160 points with NaN"):
        difference(x, Cloud(broken, y.groups))
    with pytest.warns(UserWarning, match="no value"):
        found = difference(x, Cloud(torch.ones(160, 6, dtype=torch.float64), y.groups), resample=Resample(20, seed=0))
    assert found.value.isnan() and found.low.isnan() and found.p.isnan() and int(found.n) == 20
