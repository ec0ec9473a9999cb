"""Exact nearest neighbours: float32 products find candidates, float64 differences give their distances.

Exact means: the k distances are those of a float64 search over all pairs. A float32 product x.y of d terms is off by at
most g |x| |y|, g = d u / (1 - d u), u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section
3.1), so |x|^2 + |y|^2 - 2 x.y, less a share of |x|^2 + |y|^2 that covers this and the other roundings, bounds the
squared distance from below, and with the share added, from above. Only pairs whose lower bound reaches the k-th least
upper bound of their row can be neighbours, and all of those are measured directly. A row with more such pairs than the
candidates kept for it (neighbours far closer than the points are long, or ties) is searched again with float64 products
and all its pairs.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from langgeom.metrics.numerics import PIECE, full_precision, largest_power, row_norms, rows_cached

# Rows and columns of a product; 1024 x 1024 float32 stay in a core's cache, and symmetry spares half of the products.
BLOCK = 1024
SPARE = 3


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

    Ties are broken arbitrarily. Memory beyond the points: O(n k + block^2), and as much as the points for their centred
    copy.

    Args:
        points: [n, d] floats, finite, n > k.
        centred: the points less some fixed point, float32 or float64, if at hand (it sharpens the bounds), and
        norms: the lengths of its rows, [n] float64.
        block: rows and columns of one product.

    Raises:
        ValueError: k is not between 1 and n - 1.
    """
    n, dim = points.shape
    if not 1 <= k < n:
        raise ValueError(f"{k} neighbours of {n} points; k must be between 1 and {n - 1}")
    if centred is None:
        centred, norms = points.double() - points.mean(0, dtype=torch.float64), None
    norms = row_norms(centred) if norms is None else norms
    # A power of two, so that squares neither overflow nor vanish and nothing is rounded; one that the dtype holds.
    scale = torch.exp2(-torch.log2(norms.max().clamp(min=1e-300)).ceil()).clamp(max=largest_power(centred.dtype))
    scaled = (centred * scale.to(centred.dtype)).float()
    squares = (norms * scale).square()
    # Twice the bound of the product (its start value is summed with it), and 16 u for roundings of points, squares and
    # sums.
    share = 2 * (dim + 16) * 2.0**-24
    kept = min(k + SPARE, n - 1)
    lower, indices = _candidates(scaled, (1 - share) * squares, kept, block)
    # The least normal float32 number covers products that vanish.
    upper = lower + 2 * share * (squares[:, None] + squares[indices]) + 2.0**-100
    limit = upper.topk(k, largest=False).values[:, -1]
    possible = lower <= limit[:, None] + 2.0**-100
    settled = (lower[:, -1] > limit + 2.0**-100) | (kept == n - 1)
    rows, columns = (possible & settled[:, None]).nonzero(as_tuple=True)
    exact = torch.full(lower.shape, torch.inf, dtype=torch.float64, device=points.device)
    exact[rows, columns] = pair_distances(points, rows, indices[rows, columns])
    distances, order = exact.topk(k, largest=False, sorted=True)
    found = Neighbours(distances, indices.gather(1, order))
    unsettled = (~settled).nonzero().flatten()
    for part in unsettled.split(max(1, PIECE // n)) if len(unsettled) else ():
        found.distances[part], found.indices[part] = _search(points, part, k)
    return found


def _candidates(points: Tensor, squares: Tensor, kept: int, block: int) -> tuple[Tensor, Tensor]:
    """Return the `kept` least lower bounds of each row, ascending, and their columns: [n, kept] float64 and int64.

    Each block of products serves its rows and, transposed, its columns.
    """
    n = len(points)
    squares = squares.float()
    lower = torch.full((n, kept), torch.inf, device=points.device)
    indices = torch.zeros((n, kept), dtype=torch.int64, device=points.device)
    parts = [slice(start, min(start + block, n)) for start in range(0, n, block)]

    def merge(rows: slice, columns: slice, bounds: Tensor) -> None:
        least, where = bounds.topk(min(kept, bounds.shape[1]), largest=False)
        both = torch.cat([lower[rows], least], 1)
        lower[rows], order = both.topk(kept, largest=False)
        indices[rows] = torch.cat([indices[rows], where + columns.start], 1).gather(1, order)

    for number, rows in enumerate(parts):
        for columns in parts[number:]:
            bounds = torch.addmm(squares[columns], points[rows], points[columns].T, alpha=-2).add_(squares[rows, None])
            if rows == columns:
                bounds.fill_diagonal_(torch.inf)
            else:
                merge(columns, rows, bounds.T.contiguous())
            merge(rows, columns, bounds)
    return lower.double(), indices


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
    exact = torch.full_like(lower, torch.inf)
    exact[own, columns] = pair_distances(points, rows[own], columns)
    distances, order = exact.topk(k, largest=False, sorted=True)
    return distances, order


def pair_distances(points: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return |points[rows] - points[columns]|, [pairs] float64, each difference taken in float64."""
    distances = torch.empty(len(rows), dtype=torch.float64, device=points.device)
    step = rows_cached(points)
    for own, other, part in zip(rows.split(step), columns.split(step), distances.split(step), strict=True):
        difference = points.index_select(0, own).double().sub_(points.index_select(0, other).double())
        torch.linalg.vector_norm(difference, dim=1, out=part)
    return distances
