"""Exact nearest neighbours: float32 products find candidates, float64 gives their distances.

Exact means: the k distances are those of a float64 search over all pairs, to 1e-12 of each. A float32 product x.y of d terms
is off by at most g |x| |y|, g = d u / (1 - d u), u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
section 3.1), so |x|^2 + |y|^2 - 2 x.y, less a share of |x|^2 + |y|^2 that covers this and the other roundings, bounds the
squared distance from below, and with the share added, from above. The k-th least of any upper bounds of a row's pairs
is a limit: only pairs whose lower bound reaches it can be neighbours, and all of those are measured.

The limits come from the least bound of each strip of a block of products. Only strips whose least bound reaches the limit are
looked into, so that nothing is sorted but the strips' least bounds. In few dimensions, where to look takes longer than to
multiply, a block is some rows with all columns, and their limits are final. In more it is the columns from its first row on,
and serves its rows and, transposed, those columns: half the products, but limits that fall block by block.

The same bound with u = 2^-53 says how far a float64 product is to be trusted. Where it is more than 1e-12 of the squared
distance, and where it leaves the order of two neighbours open, the difference of the points is taken. A row with far more
pairs than k (neighbours far closer than the points are long, or ties) is searched with float64 products of all its pairs.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import torch
from torch import Tensor

from langgeom.metrics.numerics import PIECE, full_precision, largest_power, row_norms, rows_cached

# Rows of a block at most, dimensions from which it serves its columns too, and how many products it holds without and with.
BLOCK, BOTH, HELD = 1024, 256, (1 << 21, 5 << 21)
# Pairs that are worked on at a time, and how many more than 4 k make a row crowded.
PAIRS, CROWD = 1 << 18, 64
# Dimensions of one float64 product, which bounds its error, and up to how many differences take no longer.
CHUNK, FEW = 256, 32
# Relative error of a squared distance.
EXACT = 1e-12


class Neighbours(NamedTuple):
    """Distances [n, k] float64, ascending, and rows [n, k] int64 of the neighbours; a point is not its own."""

    distances: Tensor
    indices: Tensor


class Distinct(NamedTuple):
    """First row of each distinct point, ascending, and how many rows it stands for: [m]; which of them each row is: [n]."""

    first: Tensor
    copies: Tensor
    members: Tensor


def distinct(names: Tensor) -> Distinct:
    """Return the distinct ones of [n] integers."""
    found, inverse = torch.unique(names, return_inverse=True)
    rows = torch.arange(len(names), device=names.device)
    if len(found) == len(names):
        return Distinct(rows, torch.ones_like(rows), rows)
    first = torch.full_like(found, len(names), dtype=torch.int64).scatter_reduce_(0, inverse, rows, "amin")
    first, order = first.sort()
    members = torch.empty_like(order).scatter_(0, order, rows[: len(order)])[inverse]
    return Distinct(first, torch.bincount(members), members)


def distinct_rows(points: Tensor) -> Distinct:
    """Return the distinct points of [n, d].

    Rows are grouped by a 64-bit hash of their bits and then compared, so equality is exact; 0 and -0 are equal.
    """

    # As many values as make 64 bits are read as one integer: nothing is converted, and there is that much less to sum up.
    several = 8 // points.element_size()

    def bits(part: Tensor) -> Tensor:
        return torch.nn.functional.pad(part + 0.0, (0, -points.shape[1] % several)).contiguous().view(torch.int64)

    generator = torch.Generator().manual_seed(0)
    words = -(-points.shape[1] // several)
    odd = (torch.randint(-(2**62), 2**62, (words,), generator=generator) * 2 + 1).to(points.device)
    step = max(1, PIECE // 16 // points.shape[1])
    hashes = torch.cat([(bits(part) * odd).sum(1) for part in points.split(step)])
    found = distinct(hashes)
    own = found.first[found.members]
    repeated = (own != torch.arange(len(points), device=points.device)).nonzero().flatten()
    if any(not torch.equal(points[part], points[own[part]]) for part in repeated.split(step)):
        return distinct(torch.unique(points + 0.0, dim=0, return_inverse=True)[1])
    return found


@torch.no_grad()
@full_precision()
def nearest(
    points: Tensor, k: int, centred: Tensor | None = None, norms: Tensor | None = None, *, block: int = BLOCK
) -> Neighbours:
    """Return the k nearest neighbours of every point by Euclidean distance, exactly (see the module).

    Of equally distant points the first comes first. Memory beyond the points: O(n k), about 150 MiB, and a float32 copy.

    Args:
        points: [n, d] floats, finite, n > k.
        centred: the points less some fixed point, float32 or float64, if at hand (it sharpens the bounds), and
        norms: the lengths of its rows, [n] float64.
        block: rows of a block of products, at most.

    Raises:
        ValueError: k is not between 1 and n - 1.
    """
    n = len(points)
    if not 1 <= k < n:
        raise ValueError(f"{k} neighbours of {n} points; k must be between 1 and {n - 1}")
    pairs = _candidates(points, centred, norms, k, block)
    counts = torch.bincount(pairs // n, minlength=n)
    crowded = counts > 4 * k + CROWD
    pairs = (pairs[~crowded[pairs // n]] if crowded.any() else pairs).sort().values
    counts.masked_fill_(crowded, 0)
    distances = torch.empty((n, k), dtype=torch.float64, device=points.device)
    indices = torch.empty((n, k), dtype=torch.int64, device=points.device)
    rows = torch.arange(n, device=points.device).split(max(1, PAIRS // k))
    sizes = [int(counts[part].sum()) for part in rows]
    for part, some in zip(rows, pairs.split(sizes), strict=True):
        if len(some):
            columns = some % n
            lengths = _lengths(points, part, counts[part], columns)
            distances[part], indices[part] = _sorted(points, part, counts[part], columns, lengths, k)
    crowded = (counts == 0).nonzero().flatten()
    for part in crowded.split(max(1, PIECE // n)) if len(crowded) else ():
        distances[part], indices[part] = _search(points, part, k)
    return Neighbours(distances, indices)


def _candidates(points: Tensor, centred: Tensor | None, norms: Tensor | None, k: int, block: int) -> Tensor:
    """Return the pairs that may be neighbours, row * n + column each; none of rows that have far more than k."""
    (n, dim), device = points.shape, points.device
    size, strip, both = _shape(n, dim, k, block)
    padded = -(-n // (32 * strip)) * 32 * strip
    # [y, y.y, 1] of all rows; those that fill up the last strips are infinitely far.
    right = torch.empty((padded, dim + 2), device=device)
    if centred is None:
        wide = points if points.dtype == torch.float64 else points.float()
        mean = wide.new_full((n,), 1 / n) @ wide
        # In place, as a copy more takes as long as a fifth of all products of 1,000 points.
        centred, norms = wide - mean if wide.dtype == torch.float64 else torch.sub(wide, mean, out=right[:n, :dim]), None
        del wide
    if norms is None:
        norms = row_norms(centred)
    # A power of two, so that squares neither overflow nor vanish and nothing is rounded; one that the dtype holds.
    scale = torch.exp2(-torch.log2(norms.max().clamp(min=1e-140)).ceil()).clamp(max=largest_power(centred.dtype))
    # Twice the bound of the product (the squares are summed with it), and 16 u for roundings of points, squares and sums.
    share = 2 * (dim + 16) * 2.0**-24
    squares = torch.zeros(padded, device=device)
    squares[:n] = (norms * scale).square()
    # From a lower to an upper bound: what a point adds.
    spread = 2 * share * squares
    torch.mul(centred, scale.to(centred.dtype), out=right[:n, :dim])
    del centred
    right[n:, :dim] = 0
    right[:, dim] = squares * (1 - share)
    right[n:, dim] = torch.inf
    right[:, dim + 1] = 1
    best = torch.full((padded, k) if both else (padded, 0), torch.inf, device=device)
    limits = torch.full((padded,), torch.inf, device=device)
    products = torch.empty(size * padded, device=device)
    group = max(1, 2 * PAIRS // k)
    found: list[tuple[Tensor, Tensor]] = []

    def lower(rows: slice, upper: Tensor) -> Tensor:
        """Return the rows' limits, lowered by these upper bounds [rows, strips]."""
        least = torch.cat([best[rows], upper], 1).topk(k, largest=False, sorted=False).values
        if both:
            best[rows] = least
        # 2^-100 covers products that vanish in float32; a crowded row stays without pairs.
        limit = (least.amax(1) + 2.0**-100).clamp(max=torch.finfo(torch.float32).max)
        limits[rows] = torch.where(limits[rows] == -torch.inf, -torch.inf, limit)
        return limits[rows]

    def admit(rows: Tensor, columns: Tensor, step: int, bounds: Tensor) -> None:
        """Keep the pairs of these rows with the columns from these on, a step apart, whose bounds [rows, strip] allow it."""
        hit, place = (bounds <= limits[rows, None]).nonzero(as_tuple=True)
        limits[torch.bincount(rows[hit], minlength=padded) > 4 * k + CROWD] = -torch.inf
        found.append((rows[hit] * n + columns[hit] + step * place, bounds[hit, place]))

    for start in range(0, n, size):
        first, stop = start if both else 0, min(start + size, padded)
        rows, count, width = slice(start, stop), stop - start, padded - first
        # Its product with [-2 x, 1, x.x] is a lower bound.
        left = right[rows] * -2
        left[:, dim], left[:, dim + 1] = 1, right[rows, dim]
        product = torch.mm(left, right[first:].T, out=products[: count * width].view(count, width))
        product.diagonal(start - first).fill_(torch.inf)
        step = width // strip
        strips = product.view(count, strip, step)
        least = strips.amin(1)
        upper = least + spread[first:].view(strip, step).amax(0)
        # Enough for a limit are the least of several strips.
        while upper.shape[1] >= 4 * k and upper.shape[1] % 2 == 0:
            upper = torch.minimum(*upper.chunk(2, 1))
        limit = lower(rows, upper + spread[rows, None])
        row, place = (least <= limit[:, None]).nonzero(as_tuple=True)
        admit(start + row, first + place, step, strips[row, :, place])
        if both and stop < padded:
            step = count // strip
            strips, widest = product.view(strip, step, width), spread[rows].view(strip, step).amax(0)
            for begin in range(stop, padded, group):
                later = slice(begin, min(begin + group, padded))
                some = strips[:, :, later.start - first : later.stop - first]
                least = some.amin(0)
                limit = lower(later, (least + widest[:, None] + spread[later]).T)
                place, row = (least <= limit).nonzero(as_tuple=True)
                admit(begin + row, start + place, step, some[:, place, row].T)
        if both and (stop == padded or sum(len(pairs) for pairs, _ in found) > 3 * n * k // 2):
            for number, (pairs, bounds) in enumerate(found):
                possible = bounds <= limits[pairs // n]
                found[number] = pairs[possible], bounds[possible]
    return torch.cat([pairs for pairs, _ in found])


def _shape(n: int, dim: int, k: int, block: int) -> tuple[int, int, bool]:
    """Return how many rows a block has, how many products are a strip, and whether a block serves its columns too.

    Longer strips leave less to sort and more to look into. Their sums are fast where the step is a multiple of 32.
    """
    strip = 2 ** max(0, min(5, round(math.log2(n / k) / 2), int(math.log2(384 / k)), int(math.log2(block / 32))))
    unit, both = 32 * strip, dim >= BOTH
    most = min(block, HELD[both] // n)
    if not both:
        return max(1, most), strip, both
    # The least time by a model fitted on one core: nanoseconds a product (the diagonal's are twice what they need be) and a
    # block. It is to have enough strips for a limit.
    best, least = math.sqrt(2 * (1e6 + 500 * n) / (dim / 80 + 0.7)), -(-3 * k * strip // (2 * unit))
    return max(least, min(most // unit, round(best / unit))) * unit, strip, both


def _lengths(points: Tensor, rows: Tensor, counts: Tensor, columns: Tensor) -> Tensor:
    """Return the distances of successive rows to `counts` columns each, [pairs] float64."""
    dim = points.shape[1]
    own = rows.repeat_interleave(counts)
    if dim <= FEW or points.is_cuda:
        return pair_distances(points, own, columns)
    norms = torch.zeros(len(points), dtype=torch.float64)
    products = torch.zeros(len(own), dtype=torch.float64)
    ends = torch.nn.functional.pad(counts.cumsum(0), (1, 0))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR")
        for chunk in points.split(CHUNK, 1):
            part = chunk.to(torch.float64, copy=True)
            part -= part.mean(0)
            norms += torch.linalg.vector_norm(part, dim=1).square_()
            pattern = torch.sparse_csr_tensor(ends, columns, products, (len(rows), len(points)), check_invariants=False)
            products = torch.sparse.sampled_addmm(pattern, part[rows[0] : rows[-1] + 1], part.T).values()
    sums = norms[own] + norms[columns]
    squares = sums - 2 * products
    share = 2 * (min(dim, CHUNK) + dim / CHUNK + 16) * 2.0**-53
    near = (share * sums >= EXACT * squares).nonzero().flatten()
    lengths = squares.sqrt_()
    lengths[near] = pair_distances(points, own[near], columns[near])
    return lengths


def _sorted(points: Tensor, rows: Tensor, counts: Tensor, columns: Tensor, lengths: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k nearest of rows that have distances to `counts` columns each: distances and columns, [rows, k]."""
    places = torch.arange(max(k, int(counts.max())), device=points.device)
    where = ((counts.cumsum(0) - counts)[:, None] + places).clamp_(max=len(lengths) - 1)
    found = torch.where(places < counts[:, None], lengths[where], torch.inf)
    distances, order = found.sort(dim=1, stable=True)
    # Where products leave the order open, differences decide.
    close = distances[:, 1:] - distances[:, :-1] <= EXACT * distances[:, :-1]
    again = close[:, :k].any(1).nonzero().flatten()
    if len(again):
        close = torch.nn.functional.pad(close[again], (1, 0)) | torch.nn.functional.pad(close[again], (0, 1))
        row, place = close.nonzero(as_tuple=True)
        row, place = again[row], order[again[row], place]
        found[row, place] = pair_distances(points, rows[row], columns[where[row, place]])
        distances[again], order[again] = found[again].sort(dim=1, stable=True)
    return distances[:, :k], columns[where.gather(1, order[:, :k])]


def _search(points: Tensor, rows: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k nearest of some rows by float64 bounds of all their pairs: distances and columns, [rows, k]."""
    dim = points.shape[1]
    origin = points[rows[0]].double()
    mine = points[rows].double() - origin
    step = max(1, PIECE // dim)
    parts = []
    for part in points.split(step):
        moved = part.double() - origin
        parts.append((moved.square().sum(1), mine @ moved.T))
    norms, products = torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts], 1)
    sums = norms[rows, None] + norms
    share = 2 * (dim + 16) * 2.0**-53
    lower = (1 - share) * sums - 2 * products
    lower[torch.arange(len(rows), device=points.device), rows] = torch.inf
    limit = (lower + 2 * share * sums).topk(k, largest=False).values[:, -1]
    own, columns = (lower <= limit[:, None]).nonzero(as_tuple=True)
    counts = torch.bincount(own, minlength=len(rows))
    lengths = pair_distances(points, rows[own], columns)
    return _sorted(points, rows, counts, columns, lengths, k)


def pair_distances(points: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return |points[rows] - points[columns]|, [pairs] float64, each difference taken in float64."""
    distances = torch.empty(len(rows), dtype=torch.float64, device=points.device)
    step = rows_cached(points)
    for own, other, part in zip(rows.split(step), columns.split(step), distances.split(step), strict=True):
        difference = points.index_select(0, own).double().sub_(points.index_select(0, other).double())
        torch.linalg.vector_norm(difference, dim=1, out=part)
    return distances
