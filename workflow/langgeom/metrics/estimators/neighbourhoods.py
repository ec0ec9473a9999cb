"""Whether two spaces have the same neighbours: information imbalance and mutual nearest neighbours of a text and the reference.

Distances are Euclidean, so that a shift and a rotation change nothing: cosines of vectors with a large common mean, as one
massive dimension makes, agree to so many digits that their order is rounding. Where two points are much closer to each other
than to the mean, their difference gives the distance. Ties share their mean rank. Of sentences that are copies in both spaces,
and so neighbours by that alone, one is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.aligned import Direction, each_pair, in_direction
from langgeom.metrics.estimate import whole
from langgeom.metrics.neighbours import distinct, pair_distances
from langgeom.metrics.numerics import CACHED, PIECE, for_numpy, sorted_rows
from langgeom.metrics.parts import of_halves

# Squared distances below this share of the points' squared lengths are taken from differences.
NEAR = 1e-3
# Distances apart by less than this share are equal.
TIE = 1e-9


@metric(
    "information_imbalance",
    input="aligned_sentences",
    bounds=(0, 2),
    reverse="Information imbalance from the reference: how little its neighbours tell of the text's",
)
def information_imbalance(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    direction: Direction = "to_reference",
    resample: Resample | None = None,
) -> Estimate:
    """Information imbalance to the reference: how little a sentence's nearest neighbour tells of the reference's neighbours.

    2/n times the mean rank, in the reference, of each sentence's nearest neighbour in the text, among all others. 2/n where the
    text's nearest neighbours are the reference's, about 1 where they tell nothing of them. Not symmetric: a space predicts what
    is a map of it, as a projection, better than this predicts the space. Values compare at equal n.

    Args:
        direction: `to_reference` predicts the reference's ranks from the text's neighbours, `from_reference` the text's.
        resample: splits of the sentences into halves, see `parts`, and random pairings for the null.

    Returns:
        The imbalance, n the sentences, dropped copies in both. NaN for fewer than 3 sentences.

    Source: Glielmo, Zeni, Cheng, Csanyi & Laio 2022, PNAS Nexus 1:pgac039.
    """
    in_direction(direction, 0, 1)

    def closest(own: Tensor) -> tuple[Tensor, ...]:
        """Return parts, rows and their nearest, and what each of these counts, since equally near ones share a row."""
        part, row, column = (own == own.amin(2, keepdim=True)).nonzero(as_tuple=True)
        places = part * own.shape[1] + row
        return part, row, column, torch.bincount(places)[places].double().reciprocal()

    def of_parts(x: Tensor, y: Tensor) -> Tensor:
        own, other = in_direction(direction, x, y)
        found = torch.zeros(len(own), dtype=torch.float64, device=own.device)
        for part, row, column, share in in_pieces(own.shape[1], *closest(own)):
            # Of m others and itself: as many as are nearer less as many as are farther tell the rank, ties in the middle.
            nearer = (other[part, row, column][:, None] - other[part, row]).sign_().sum(1).double()
            found.index_add_(0, part, share * (own.shape[1] + 1 + nearer) / 2)
        return found * 2 / own.shape[1] ** 2

    def by_chance(x: Tensor, y: Tensor, pairings: Tensor) -> Tensor:
        own, other = in_direction(direction, x, y)
        found = torch.zeros(len(pairings), dtype=torch.float64, device=own.device)
        for _, row, column, share in in_pieces(len(pairings), *closest(own[None])):
            found += other[pairings[:, row], pairings[:, column]].double() @ share
        return found / len(own) ** 2

    def terms(x: Tensor, y: Tensor) -> Tensor:
        own, other = in_direction(direction, x, y)
        found = torch.zeros(len(own), dtype=torch.float64, device=own.device)
        for _, row, column, share in in_pieces(len(own), *closest(own[None])):
            up_to = share[:, None] * (other[row] <= other[row, column][:, None])
            found += up_to.sum(0)
            found.index_add_(0, row, up_to.sum(1))
        return found * 2 / len(own)

    return _compare(points, reference, resample, 3, of_parts, by_chance, terms, less=True)


@metric("mutual_knn", input="aligned_sentences", bounds=(0, 1))
def mutual_knn(points: Tensor | Cloud, reference: Tensor | Cloud, *, k: int = 10, resample: Resample | None = None) -> Estimate:
    """Mutual nearest neighbours: the share of a sentence's k nearest in the text that are among its k nearest in the reference.

    By chance k / (n - 1): with k = 10 a sixth of 58 sentences, where fewer neighbours would be noise, and 1 % of 1,000. Values
    compare at equal k and n. Neighbours that tie for the last places have equal shares in them.

    Args:
        k: neighbours.
        resample: splits of the sentences into halves, see `parts`, and random pairings for the null.

    Returns:
        The share, n the sentences, dropped copies in both. NaN where there are not k + 1 others, of which k could be chosen.

    Source: Huh, Cheung, Wang & Isola 2024, ICML, arXiv:2405.07987, appendix A (k = 10).
    """
    k = whole("k", k, 1)

    def of_parts(x: Tensor, y: Tensor) -> Tensor:
        return nearest_shares(x, k).mul_(nearest_shares(y, k)).sum((1, 2), dtype=torch.float64) / (k * x.shape[1])

    def by_chance(x: Tensor, y: Tensor, pairings: Tensor) -> Tensor:
        own, other = nearest_shares(x, k).double(), nearest_shares(y, k).double()
        found = torch.zeros(len(pairings), dtype=torch.float64, device=own.device)
        for row, column in in_pieces(len(pairings), *own.nonzero(as_tuple=True)):
            found += other[pairings[:, row], pairings[:, column]] @ own[row, column]
        return found / (k * len(own))

    return _compare(points, reference, resample, k + 2, of_parts, by_chance, signed=True)


def nearest_shares(ranks: Tensor, k: int) -> Tensor:
    """Return how much of each point is among the k nearest of each, [..., n] float32, from ranks [..., n]."""
    last = sorted_rows(ranks.reshape(-1, ranks.shape[-1]))[:, k - 1].view(*ranks.shape[:-1], 1)
    below, tied = (ranks < last).float(), (ranks == last).float()
    return tied.mul_((k - below.sum(-1, keepdim=True)) / tied.sum(-1, keepdim=True)).add_(below)


def in_pieces(width: int, *lists: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield lists of one length in pieces: ties make them long, and each entry takes `width` numbers."""
    yield from zip(*(one.split(max(1, PIECE // width)) for one in lists), strict=True)


def _compare(
    points: Tensor | Cloud, reference: Tensor | Cloud, resample: Resample | None, least: int,
    of_parts: Callable[[Tensor, Tensor], Tensor], by_chance: Callable[[Tensor, Tensor, Tensor], Tensor],
    terms: Callable[[Tensor, Tensor], Tensor] | None = None, *, less: bool = False, signed: bool = False,
) -> Estimate:  # fmt: skip
    """Measure two spaces by the ranks of their neighbours.

    Args:
        least: a part of fewer sentences has no value.
        of_parts: returns the values [parts] from parts of the ranks of both, [parts, n, n], of which only the order counts.
        by_chance: returns the values [pairings] from the ranks of both, [n, n] as `_ranks` gives them, and [pairings, n].
        terms: returns what each sentence adds, [n], as one that has a neighbour and as one that others are ranked with. The
            error is that of their mean at least: in halves neighbours are farther, and where noise is small ranks vary less.
    """

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        n = len(x.points)
        kept = distinct(x.bits.members * n + y.bits.members).first
        if len(kept) < least:
            return Measured.missing(len(kept), n - len(kept))
        own, other = x.once(("ranks", y), lambda: (_ranks(x, kept), _ranks(y, kept)))
        parts = x.sentences.parts(resample)[kept].T
        sizes, values = parts.sum(1), torch.full(parts.shape[:1], torch.nan, dtype=torch.float64)
        for size in sizes[sizes >= least].unique().tolist():
            at_once = max(1, (PIECE if own.is_cuda else CACHED) // size**2)
            for number in (sizes == size).nonzero().flatten().split(at_once):
                rows = parts[number].nonzero()[:, 1].view(len(number), size)
                values[number.cpu()] = of_parts(*(ranks[rows[:, :, None], rows[:, None]] for ranks in (own, other))).cpu()
        if resample is None:
            return of_halves(values, len(kept), n - len(kept), None, None)
        some = resample.of(kept.tolist())
        error = some.error(terms(own, other)) if terms and counts is not None else 0.0
        found = of_halves(values, len(kept), n - len(kept), resample, counts, signed=signed, least=error)
        pairings = x.sentences.pairings(resample) if len(kept) == n else some.pairings(len(kept)).to(own.device)
        return replace(found, permuted=by_chance(own, other, pairings[1:]), less=less)

    return each_pair(points, reference, resample, measure)


def _ranks(layer: Layer, rows: Tensor) -> Tensor:
    """Return twice the rank of each of these rows from each, [n, n] float32, whole also for ties; a row is its own last."""
    points = layer.exact[rows]
    squares = points.square().sum(1)
    sums = squares[:, None] + squares
    table = sums - 2 * points @ points.T
    close = (table < NEAR * sums).nonzero()
    table[close[:, 0], close[:, 1]] = pair_distances(layer.points, rows[close[:, 0]], rows[close[:, 1]]).square()
    table.fill_diagonal_(torch.inf)
    return middle_ranks(table)


def middle_ranks(table: Tensor) -> Tensor:
    """Return twice the rank of each distance in its row, [..., n] float32; those that tie share the middle of theirs."""
    # numpy takes a quarter of torch's time.
    order = torch.from_numpy(table.numpy().argsort(-1)) if for_numpy(table) else table.argsort(-1)
    ascending = table.gather(-1, order)
    new = torch.nn.functional.pad(ascending[..., 1:] > (1 + TIE) * ascending[..., :-1], (1, 1), value=True)
    place = torch.arange(1, table.shape[-1] + 1, device=table.device)
    first = torch.where(new[..., :-1], place, 0).cummax(-1).values
    last = torch.where(new[..., 1:], place, table.shape[-1]).flip(-1).cummin(-1).values.flip(-1)
    return torch.zeros_like(order, dtype=torch.float32).scatter_(-1, order, (first + last).float())
