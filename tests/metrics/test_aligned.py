"""Metrics of two aligned clouds: known values, formulas written out, intervals, pairs that never straddle folds."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from intervals import interval
from langgeom.metrics import (
    Estimate,
    MissingValueWarning,
    Resample,
    cka,
    hub_mass,
    kl_gaussian,
    kl_knn,
    language_probe,
    mexa,
    retrieval,
    retrieval_csls,
    retrieval_margin,
)
from langgeom.metrics.registry import METRICS


def gaussian(n: int, dim: int, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_retrieval_and_mexa_by_hand() -> None:
    turn = math.pi / 180

    def at(*angles: float) -> Tensor:
        return torch.tensor([[math.cos(a * turn), math.sin(a * turn)] for a in angles])

    x, y = at(0, 40, 100), at(10, 95, 120)
    # Nearest y of x: 0 -> 10 (own), 40 -> 10, 100 -> 95. Nearest x of y: 10 -> 0 (own), 95 -> 100, 120 -> 100 (own).
    assert float(retrieval(x, y)) == pytest.approx(1 / 3)
    assert float(retrieval(x, y, direction="from_reference")) == pytest.approx(2 / 3)
    assert float(METRICS["retrieval_reverse"].function(x, y)) == pytest.approx(2 / 3)
    assert float(mexa(x, y)) == pytest.approx(1 / 3)


def test_ties_share_a_hit() -> None:
    x = torch.tensor([[1.0, 0], [0, 1], [0, 2]])
    assert float(retrieval(x, x)) == pytest.approx(2 / 3) and float(mexa(x, x)) == pytest.approx(1 / 3)


def test_csls_margin_and_hubs_by_loops() -> None:
    """The published formulas, sentence by sentence; xSIM takes the best margin among the four nearest."""
    x = gaussian(40, 6)
    y = x + gaussian(40, 6, 1)
    y[0] = x.mean(0) + 3  # near to many
    cosine = [[float(torch.nn.functional.cosine_similarity(a, b, dim=0)) for b in y] for a in x]
    columns = list(map(list, zip(*cosine, strict=True)))

    def mean(values: list[float], k: int) -> float:
        return sum(sorted(values)[-k:]) / k

    found = {"csls": 0, "margin": 0}
    for i, row in enumerate(cosine):
        csls = [2 * c - mean(row, 10) - mean(columns[j], 10) for j, c in enumerate(row)]
        found["csls"] += max(range(40), key=csls.__getitem__) == i
        near = sorted(range(40), key=row.__getitem__)[-4:]
        found["margin"] += max(near, key=lambda j: row[j] / (mean(row, 4) / 2 + mean(columns[j], 4) / 2)) == i
    assert float(retrieval_csls(x, y)) == found["csls"] / 40 and float(retrieval_margin(x, y)) == found["margin"] / 40
    nearest = [max(range(40), key=row.__getitem__) for row in cosine]
    assert float(hub_mass(x, y)) == max(map(nearest.count, nearest)) / 40
    most = sorted((nearest.count(j) for j in range(40)), reverse=True)
    assert float(hub_mass(x, y, share=0.05)) == sum(most[:2]) / 40
    with pytest.warns(MissingValueWarning, match="retrieval_csls"):
        assert retrieval_csls(x[:9], y[:9]).value.isnan()


def test_csls_takes_back_what_a_hub_took() -> None:
    """Every sentence has its translation beside it, and one sentence of the reference is nearer to most."""
    # Own parts and noise have lengths of about 1 and 1.4, what all share has 2.
    x = gaussian(100, 50) / 50**0.5 + 2 / 50**0.5
    y = x + 1.4 * gaussian(100, 50, 1) / 50**0.5
    y[0] = x.mean(0)
    plain, csls, margin = (float(metric(x, y)) for metric in (retrieval, retrieval_csls, retrieval_margin))
    assert plain < 0.11 and csls > 0.8 and margin > 0.8 and float(hub_mass(x, y)) > 0.9
    assert float(hub_mass(x, x)) == 0.01 and float(retrieval_csls(x, x)) == 1


@pytest.mark.parametrize(
    "name", ["retrieval", "retrieval_csls", "retrieval_margin", "mexa", "reciprocal_rank", "language_probe"]
)
def test_shares_have_wilson_s_interval(name: str) -> None:
    """Wilson's limits p, by their equation (p - x)^2 = z^2 p (1 - p) / n; n is that of hits with the share's own error."""
    x = gaussian(60, 5)
    found = METRICS[name].function(x, x + gaussian(60, 5, 1), resample=Resample(50, seed=1))
    share, n = float(found), 60
    if name == "reciprocal_rank":
        table = torch.nn.functional.normalize(x, dim=1) @ torch.nn.functional.normalize(x + gaussian(60, 5, 1), dim=1).T
        ranks = 1 / (1.0 + (table > table.diagonal()[:, None]).sum(1))
        assert share == pytest.approx(float(ranks.mean()), rel=1e-6)
        n = share * (1 - share) / float(ranks.double().var(correction=0) / 60)
    elif name == "language_probe":
        n = 120  # sentences of both texts
    for p in (float(found.low), float(found.high)):
        assert (p - share) ** 2 == pytest.approx(1.959963984540054**2 * p * (1 - p) / n, rel=1e-6)


def dense_cka(x: Tensor, y: Tensor) -> float:
    """Write the unbiased HSIC out with dense matrices."""
    n = len(x)

    def hsic(k: Tensor, other: Tensor) -> Tensor:
        one = torch.ones(n, dtype=torch.float64)
        k, other = k - torch.diag(k.diagonal()), other - torch.diag(other.diagonal())
        inner = torch.trace(k @ other) + (one @ k @ one) * (one @ other @ one) / ((n - 1) * (n - 2))
        return (inner - 2 / (n - 2) * (one @ k @ other @ one)) / (n * (n - 3))

    k, other = x.double() @ x.double().T, y.double() @ y.double().T
    return float(hsic(k, other) / (hsic(k, k) * hsic(other, other)).sqrt())


@pytest.mark.parametrize("shape", [(60, 20), (30, 90)])
def test_cka_parity(hidden: Callable[..., Tensor], shape: tuple[int, int]) -> None:
    x, y = hidden(*shape), hidden(*shape, seed=1)
    for pair in ((x, y), (x, x + y), (x.bfloat16(), y.bfloat16())):
        assert float(cka(*pair)) == pytest.approx(dense_cka(*pair), rel=1e-6, abs=1e-9)


def test_cka_known_values() -> None:
    x = gaussian(40, 300)
    turn = torch.linalg.qr(gaussian(300, 300, 1)).Q
    assert float(cka(x, 3 * x @ turn + 2)) == pytest.approx(1)
    # Unrelated clouds: no bias, though d is far above n (plain CKA is above 0.8 here).
    values = [float(cka(gaussian(40, 300, seed), gaussian(40, 300, seed + 100))) for seed in range(20)]
    assert abs(sum(values) / 20) < 0.05


def test_cka_replicates_have_the_spread_of_new_samples() -> None:
    """Against the standard deviation over independent samples, and centred on the value."""
    mix = gaussian(6, 6, 5)

    def sample(seed: int) -> tuple[Tensor, Tensor]:
        x = gaussian(150, 6, seed)
        return x, x @ mix + 3 * gaussian(150, 6, seed + 1000)

    values = torch.tensor([float(cka(*sample(seed))) for seed in range(60)])
    widths = []
    for seed in range(10):
        found = cka(*sample(seed), resample=Resample(200, seed=0))
        assert float(found.low) < float(found) < float(found.high)
        widths.append(float(found.high - found.low))
    assert sum(widths) / 10 == pytest.approx(3.92 * float(values.std()), rel=0.25)


def test_probe_finds_what_is_linear() -> None:
    x = gaussian(200, 8)
    apart = x + 0.2 * gaussian(200, 8, 1)
    apart[:, 0] += 8
    assert float(language_probe(x, apart)) == 1
    assert float(language_probe(x, gaussian(200, 8, 2))) == pytest.approx(0.5, abs=0.08)
    # With more dimensions than sentences, all but the test folds could be told apart at will.
    assert float(language_probe(gaussian(60, 300), gaussian(60, 300, 3))) == pytest.approx(0.5, abs=0.12)


def test_probe_does_not_know_a_sentence_by_its_translation() -> None:
    """Were one of a pair in the training folds, its equal twin would be told wrong: below chance, never above."""
    x = gaussian(100, 400)
    assert float(language_probe(x, x)) == 0.5


def test_probe_in_many_dimensions_is_that_in_few() -> None:
    x, y = gaussian(30, 12), gaussian(30, 12, 1) + 0.4
    pad = torch.linalg.qr(gaussian(200, 12, 2)).Q.T
    wide = language_probe(x @ pad, y @ pad, penalty=0.1)
    # The penalty is per direction: 23 pairs' worth of rows span all 12 here, and at most 47 in 200 dimensions.
    assert float(wide) == pytest.approx(float(language_probe(x, y, penalty=0.1)), abs=0.07)


def exact_kl(mean: Tensor, p: Tensor, q: Tensor) -> float:
    inverse = torch.linalg.inv(q)
    logs = torch.logdet(q) - torch.logdet(p)
    return float(0.5 * (torch.trace(inverse @ p) + mean @ inverse @ mean - len(p) + logs))


def test_kl_gaussian_known_truth() -> None:
    spread = torch.tensor([1.0, 2, 0.5, 1.5], dtype=torch.float64)
    shift = torch.tensor([1.0, 0, -0.5, 0], dtype=torch.float64)
    x, y = gaussian(8000, 4) * spread + shift, gaussian(8000, 4, 1)
    one, identity = torch.diag(spread.square()), torch.eye(4, dtype=torch.float64)
    assert float(kl_gaussian(x, y)) == pytest.approx(exact_kl(shift, one, identity), rel=0.05)
    assert float(kl_gaussian(x, y, direction="from_reference")) == pytest.approx(exact_kl(shift, identity, one), rel=0.05)
    assert float(METRICS["kl_gaussian_reverse"].function(x, y)) == float(kl_gaussian(x, y, direction="from_reference"))


def test_kl_knn_known_truth() -> None:
    """Nearly uniform clouds, where the bias of tails is small: a square in a square of four times its area."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.rand(1500, 2, generator=generator, dtype=torch.float64), torch.rand(1500, 2, generator=generator).double() * 2
    assert float(kl_knn(x + 0.5, y)) == pytest.approx(math.log(4), rel=0.08)
    moved = gaussian(1500, 2), gaussian(1500, 2, 1) + 1
    assert float(kl_knn(*moved)) == pytest.approx(1, rel=0.2)
    backward = kl_knn(*moved, direction="from_reference")
    assert float(METRICS["kl_knn_reverse"].function(*moved)) == float(backward) == pytest.approx(float(kl_knn(*moved[::-1])))


def test_kl_gaussian_bias_is_as_documented() -> None:
    values = [float(kl_gaussian(gaussian(400, 10, seed), gaussian(400, 10, seed + 50))) for seed in range(20)]
    # Shrinkage towards the truth (a sphere) lowers it.
    assert 0 < sum(values) / 20 < 10 * 13 / (2 * 400)


@pytest.mark.parametrize("kind", ["wide", "flat", "constant", "same"])
def test_kl_is_never_singular(kind: str) -> None:
    x, y = gaussian(25, 300), gaussian(25, 300, 1)
    if kind == "flat":
        x[:, 2:] = 0
    if kind == "constant":
        x[:] = 1
    if kind == "same":
        y = x.clone()
    for direction in ("to_reference", "from_reference"):
        found = kl_gaussian(x, y, direction=direction, resample=Resample(20, seed=0))
        assert math.isfinite(float(found)) and float(found) >= 0 and math.isfinite(float(found.high))
        if kind == "same":
            assert float(found) == pytest.approx(0, abs=1e-12)
        if kind != "constant":
            assert math.isfinite(float(kl_knn(x, y, direction=direction)))


def test_kl_knn_by_direct_search() -> None:
    x, y = gaussian(50, 3), gaussian(50, 3, 1) * 1.5
    x[7], x[8] = x[3], y[5]
    kept = torch.arange(50) != 7
    own = torch.cdist(x[kept], x[kept]).fill_diagonal_(torch.inf).sort().values[:, 4]
    # Without a row's own translation.
    other = torch.cdist(x, y).fill_diagonal_(torch.inf)[kept].sort().values[:, 4]
    found = kl_knn(x, y)
    assert float(found) == pytest.approx(3 / 49 * float((other / own).log().sum()) + math.log(49 / 48), rel=1e-6)
    assert (int(found.n), int(found.dropped)) == (49, 1)


def test_kl_knn_of_translations_is_that_of_unrelated_sentences() -> None:
    """Equal distributions, 58 sentences: a translation that is near its sentence does not lower the divergence."""
    for near in (0.0, 0.9):
        values = []
        for seed in range(40):
            x, fresh = gaussian(58, 5, seed), gaussian(58, 5, 1000 + seed)
            values.append(float(kl_knn(x, near * x + (1 - near**2) ** 0.5 * fresh)))
        assert abs(sum(values) / 40) < 0.08, near


def test_kl_replicates_of_gaussians_are_those_of_drawn_pairs() -> None:
    x, y, resample = gaussian(60, 3) * 2, gaussian(60, 3, 1) + 1, Resample(30, seed=4)
    found = kl_gaussian(x, y, dims=3, resample=resample)
    both = torch.cat([x, y])
    floor = 1e-4 * both.var(0, correction=0).mean()

    def shrunk(points: Tensor) -> Tensor:
        n, r = points.shape
        covariance = torch.cov(points.T, correction=0)
        trace, squares = covariance.trace(), covariance.square().sum()
        share = ((1 - 2 / r) * squares + trace**2) / ((n + 1 - 2 / r) * (squares - trace**2 / r))
        share = share.clamp(max=1)
        return (1 - share) * covariance + (share * trace / r + floor) * torch.eye(r)

    draws = []
    for counts in resample.counts(60):
        a, b = x.repeat_interleave(counts, 0), y.repeat_interleave(counts, 0)
        draws.append(exact_kl(a.mean(0) - b.mean(0), shrunk(a), shrunk(b)))
    expected = interval(found, draws, 60)
    assert [float(found.low), float(found.high)] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("metric", [retrieval, mexa])
def test_a_share_of_none_or_all_is_not_certain(metric: Callable[..., Estimate]) -> None:
    points = torch.randn(58, 20, generator=torch.Generator().manual_seed(3))
    found = metric(torch.stack([points, -points]), torch.stack([points, points]), resample=Resample(50, seed=0))
    assert found.value.tolist() == [1, 0]
    assert found.low is not None and found.high is not None
    # Wilson's limits, by their equation: (p - x / n)^2 = z^2 p (1 - p) / n.
    for share, p in ((1.0, found.low[0]), (0.0, found.high[1])):
        assert float((p - share) ** 2) == pytest.approx(1.959963984540054**2 * float(p * (1 - p)) / 58, rel=1e-9)
    assert float(found.high[0]) == 1 and float(found.low[1]) == 0


def test_intervals_end_where_the_quantity_does() -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(60, 8, generator=generator)
    near = points + 0.02 * torch.randn(60, 8, generator=generator)
    resample = Resample(200, seed=0)
    for name in ("cka", "retrieval", "mexa"):
        found = METRICS[name].function(points, near, resample=resample)
        assert 0 <= found.low <= found.value <= found.high <= 1, name
    assert not cka(points, near, resample=resample).high.isnan()
