"""Metrics of nearest neighbours in parts of the sentences: the value, two fixed halves, and the interval from many splits.

Such an estimate depends on which points the other sentences bring, so sentences cannot be drawn one by one, and a sentence
drawn twice would be its own neighbour. But the halves of a split are samples as they would come. With neighbours anew in each,
Var(ln estimate) = E (ln a - ln b)^2 / 4, where the variance falls as 1 / n; what bias they share cancels.

One list of neighbours a layer serves all parts: the neighbours of a point within a part are the first on its list that have a
row there. Where a list is too short, all points are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from langgeom.metrics.cloud import Cloud, Measured
from langgeom.metrics.estimate import Estimate
from langgeom.metrics.layer import Layer, reach
from langgeom.metrics.neighbours import Neighbours
from langgeom.metrics.resample import Resample

# Points whose neighbours are found anew at a time.
ANEW = 256


class Within(NamedTuple):
    """Neighbours within parts: [orders, parts, points] distances and points; [parts, points] sum of ln of nearer distances."""

    distances: Tensor
    indices: Tensor
    logs: Tensor


def within(
    lists: Neighbours,
    table: Callable[[Tensor], Tensor],
    own: Tensor,
    present: Tensor,
    orders: tuple[int, ...],
    *,
    logs: bool = False,
) -> Within:
    """Return each point's neighbours of some orders among the points of each part.

    Args:
        lists: the nearest neighbours of every point, whatever their part.
        table: returns the distances [rows, points] of some points to all that can be neighbours, infinite to themselves.
        own, present: [points, parts] bool, which points have, and which can be, neighbours in a part (the same points, or those
            of two clouds).
        orders: from 1, ascending.
        logs: whether logs of distances are summed, of all neighbours nearer than the last.

    Returns:
        Distances are infinite for points that are not in the part, or have too few neighbours there.
    """
    last = orders[-1]
    found = _scan(lists, own, present, orders, logs)
    short = own.T & found.distances[-1].isinf() & (present.sum(0) > last)[:, None]
    for pairs in short.nonzero().split(ANEW) if bool(short.any()) else ():
        parts, points = pairs.T
        some, places = points.unique(return_inverse=True)
        least, where = table(some)[places].masked_fill_(~present.T[parts], torch.inf).topk(last, largest=False)
        for row, order in enumerate(orders):
            found.distances[row, parts, points], found.indices[row, parts, points] = least[:, order - 1], where[:, order - 1]
        found.logs[parts, points] = least[:, :-1].log().sum(1)
    return found


def _scan(lists: Neighbours, own: Tensor, present: Tensor, orders: tuple[int, ...], logs: bool) -> Within:
    """Walk along the lists with eight parts in a byte: its bits are flags of parts, or digits of their counters."""
    (points, length), parts, device = lists.indices.shape, present.shape[1], present.device
    among = _packed(present)
    # Who still lacks a neighbour of each order.
    missing = [_packed(own) for _ in orders]

    def digits(number: int, count: int) -> list[Tensor]:
        return [torch.full_like(missing[0], 255 * (number >> bit & 1)) for bit in range(count)]

    # For each order k a counter from -k, which overflows at the k-th neighbour; and the column where it stands.
    counters = [digits(-order, (order - 1).bit_length()) for order in orders]
    columns = [digits(length, length.bit_length()) for _ in orders]
    sums = torch.zeros((points, parts), dtype=torch.float64, device=device)
    each = lists.distances.log() if logs else None
    for column in range(length):
        inside = among[lists.indices[:, column]]
        for counter, place, without in zip(counters, columns, missing, strict=True):
            carry = inside & without
            for digit in counter:
                over = digit & carry
                digit ^= carry
                carry = over
            without ^= carry
            for bit, digit in enumerate(place):
                if (column ^ length) >> bit & 1:
                    digit ^= carry
        if each is not None:
            sums.addcmul_(_flags(inside & missing[-1], parts), each[:, column, None])
    # Beyond a list's end all are infinitely far.
    ends = torch.nn.functional.pad(lists.distances, (0, 1), value=torch.inf), torch.nn.functional.pad(lists.indices, (0, 1))
    starts = torch.arange(0, points * (length + 1), length + 1, device=device)
    short = torch.uint8 if length < 256 else torch.int16
    none = torch.zeros((), dtype=short, device=device)
    at = [sum((_flags(digit, parts).to(short) << bit for bit, digit in enumerate(place)), none).T for place in columns]
    where = (torch.stack(at) + starts).flatten()
    distances, indices = (part.flatten().index_select(0, where).view(len(orders), parts, points) for part in ends)
    return Within(distances, indices, sums.T.contiguous())


def _packed(flags: Tensor) -> Tensor:
    """Return [points, parts] bool as [points, bytes] uint8."""
    bits = torch.nn.functional.pad(flags.to(torch.uint8), (0, -flags.shape[1] % 8)).view(len(flags), -1, 8)
    return (bits << torch.arange(8, dtype=torch.uint8, device=flags.device)).sum(2, dtype=torch.uint8)


def _flags(packed: Tensor, parts: int) -> Tensor:
    """Return the bits of [points, bytes] uint8, [points, parts] uint8."""
    return (packed[:, :, None] >> torch.arange(8, dtype=torch.uint8, device=packed.device) & 1).flatten(1)[:, :parts]


def copies_in(rows: Tensor, members: Tensor, points: int) -> Tensor:
    """Return how many rows each distinct point stands for in each part, [points, parts] int16, of [n, parts] and [n]."""
    found = torch.zeros((points, rows.shape[1]), dtype=torch.int16, device=rows.device)
    return found.index_add_(0, members, rows.to(torch.int16))


class Near:
    """The distinct points of each part of a layer, and their nearest neighbours within it.

    Args:
        layer: whose points these are.
        rows: [n, parts] bool, the rows of each part.
        bits: whether copies are rows of equal bits, even where they are known by their prefixes.

    Attributes:
        members: [n] int64, the point that each row is.
        copies: [points, parts] int16, how many rows a point stands for in each part; 0: it is not there.
        present: [points, parts] bool.
        count, rows: [parts] int64, distinct points and rows.
    """

    def __init__(self, layer: Layer, rows: Tensor, *, bits: bool = False) -> None:
        self.layer = layer
        self.members = layer.bits.members
        if not bits:
            # A prefix's copies stand for its first row.
            self.members = self.members[layer.distinct[0]][layer.members]
        self.copies = copies_in(rows, self.members, len(layer.bits.first))
        self.present = self.copies > 0
        self.count, self.rows = self.present.sum(0), rows.sum(0)
        self._last: tuple[object, Within] | None = None

    def neighbours(self, *orders: int, logs: bool = False) -> Within:
        """Return the neighbours of these orders within each part, as `within` does; the last ones asked for are at hand."""
        if self._last is None or self._last[0] != (orders, logs):
            lists = self.layer.nearest(orders[-1] if bool(self.present.all()) else reach(orders[-1]))
            found = within(lists, self.layer.distances, self.present, self.present, orders, logs=logs)
            self._last = (orders, logs), found
        return self._last[1]


# A metric of all parts at once: its values and the number of points that they rest on, both [parts].
Fit = Callable[[Near], tuple[Tensor, Tensor]]


def by_halves(points: Tensor | Cloud, resample: Resample | None, fit: Fit, *, bits: bool = False) -> Estimate:
    """Return a positive metric of nearest neighbours, for every layer, with its halves and interval."""

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        key = ("near", bits, resample)
        values, used = fit(layer.once(key, lambda: Near(layer, layer.sentences.parts(resample), bits=bits)))
        return of_halves(values, int(used[0]), len(layer.points) - int(used[0]), resample, counts)

    return Cloud.of(points).each(resample, measure)


def of_halves(
    values: Tensor, n: int, dropped: int, resample: Resample | None, counts: Tensor | None, *, signed: bool = False,
    least: float = 0.0,
) -> Measured:  # fmt: skip
    """Return the measurement from the values in all parts that `Sentences.parts` gives, with an error of `least` or more."""
    value, *halves = values[:3].tolist()
    interval = None
    if resample is not None and counts is not None and value == value:
        interval = resample.halves(value, values[3::2], values[4::2], counts.shape[1], signed=signed, least=least)
    return Measured(value, None, n, dropped, interval, (halves[0], halves[1]) if halves else None)
