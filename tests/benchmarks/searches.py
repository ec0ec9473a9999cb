"""Nearest neighbours beside other searches: time, and the error of the distances against float64 differences."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from targets import FIRST, NEAR, Table
from torch import Tensor

from langgeom.metrics import id_gride, id_mle, id_twonn
from langgeom.metrics.neighbours import nearest

NEIGHBOURS = (2, 16, 20, 90)
SIZES = (1000, 2000, 5000, 10_000, 20_000)
DIMENSIONS = (10, 100, 768, 3072)
# Products of a cell over which it is measured for one number of neighbours alone, and seconds of a row's repeats.
ONE, SECONDS = 1e11, 1.0
CHECKED = 50
Distances = Callable[[Tensor, int], Any]


def _faiss(points: Tensor, k: int) -> Any:
    import faiss

    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points.numpy())
    return np.sqrt(index.search(points.numpy(), k + 1)[0][:, 1:])


def _sklearn(points: Tensor, k: int) -> Any:
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points.numpy()).kneighbors()[0]


def _tree(points: Tensor, k: int) -> Any:
    from scipy.spatial import cKDTree

    return cKDTree(points.numpy()).query(points.numpy(), k + 1, workers=torch.get_num_threads())[0][:, 1:]


def _cdist(points: Tensor, k: int) -> Any:
    return torch.cdist(points, points).topk(k + 1, largest=False).values[:, 1:]


def _ours(points: Tensor, k: int) -> Any:
    return nearest(points, k).distances


OURS, PRODUCT, FAISS = "`nearest`", "X @ X.T, float32", "faiss-cpu, flat"
OTHERS: dict[str, Distances] = {
    FAISS: _faiss, "torch.cdist, topk": _cdist, "scikit-learn, brute": _sklearn, "scipy, k-d tree": _tree,
}  # fmt: skip


if importlib.util.find_spec("faiss") is None:
    del OTHERS[FAISS]


def _estimators(k: int) -> dict[str, Distances]:
    """Return whole estimators that rest on k neighbours."""
    import skdim

    methods: dict[int, dict[str, Distances]] = {
        2: {"`id_twonn`": lambda x, _: id_twonn(x), "scikit-dimension": lambda x, _: skdim.id.TwoNN().fit(x.numpy())},
        16: {"`id_gride`": lambda x, _: id_gride(x)},
        20: {"`id_mle`": lambda x, _: id_mle(x), "scikit-dimension": lambda x, _: skdim.id.MLE(K=20).fit(x.numpy())},
    }
    return methods.get(k, {})


def error(points: Tensor, k: int, found: Any) -> float:
    """Return the largest relative error of the first rows' distances; NaN where one is none."""
    wide = points.double()
    exact = torch.stack([(wide[row] - wide).norm(dim=1).topk(k + 1, largest=False).values[1:] for row in range(CHECKED)])
    return float((torch.as_tensor(found)[:CHECKED].double() / exact - 1).abs().max())


def searches(dim: int, threads: int, n: int) -> Table:
    """Compare the searches for n points; on one thread in CPU time, which a busy machine changes least."""
    torch.set_num_threads(threads)
    names = [name for name in OTHERS if dim <= 30 or "tree" not in name]
    table = Table(f"Nearest neighbours, Gaussian points, d = {dim}, {threads} thread{'s' * (threads > 1)}",
                  "n", "k", "`nearest`, ms", "its error", PRODUCT, *names, "estimators")  # fmt: skip
    for k in NEIGHBOURS if n * n * dim <= ONE else (20,):
        points = torch.randn(n, dim, generator=torch.Generator().manual_seed(n))
        calls: dict[str, Distances] = {OURS: _ours, PRODUCT: lambda x, _: (x @ x.T)[0, 0], **{m: OTHERS[m] for m in names}}
        if n <= 10_000:
            calls |= _estimators(k)
        times, values = _timed(calls, points, k, threads)
        ours = times[OURS]
        bold = {m: "**" if dim >= 100 and k <= 20 and ours > 1.1 * times[m] else "" for m in names}
        others = {m: f"{bold[m]}{times[m] / ours:.2f}{bold[m]} ({error(points, k, values[m]):.0e})" for m in names}
        rest = "; ".join(f"{m} {times[m] / ours:.2f}" for m in calls if m not in (OURS, PRODUCT, *names))
        fastest = min(times[m] for m in names)
        if dim >= 100 and k <= 20:
            table.reach(FIRST, ours / fastest, ours <= 1.1 * fastest)
        if dim >= 768 and k == 20 and n >= 5000:
            table.reach(NEAR, ours / times[PRODUCT], ours <= 1.3 * times[PRODUCT])
        table.add(str(n), str(k), f"{1e3 * ours:.1f}", f"{error(points, k, values[OURS]):.0e}",
                  f"{times[PRODUCT] / ours:.2f}", *others.values(), rest)  # fmt: skip
    clock = "CPU time of one thread" if threads == 1 else "Wall time"
    table.say(
        f"{clock}, the others as multiples of `nearest`'s: below 1 is faster, bold where by more than a tenth (d >= 100, "
        "k <= 20). In brackets the largest relative error of 50 rows' distances. Medians of interleaved repeats for a second."
    )
    return table


def _timed(calls: dict[str, Distances], points: Tensor, k: int, threads: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Return each call's median seconds, turn by turn, and what it last returned."""
    from threadpoolctl import threadpool_limits

    if FAISS in calls:
        import faiss

        faiss.omp_set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in calls}
    values: dict[str, Any] = {}
    with threadpool_limits(threads):
        for call in calls.values():
            # What is imported and set up at the first call.
            call(points[:200], k)
        begin = time.perf_counter()
        while not values or time.perf_counter() - begin < SECONDS:
            for name, call in calls.items():
                start = clock()
                values[name] = call(points, k)
                taken[name].append(clock() - start)
    return {name: median(some) for name, some in taken.items()}, values


def adverse() -> dict[str, Tensor]:
    """Return clouds as hidden states can be: far from the origin, with a massive dimension, half of them near copies."""
    plain = torch.randn(1500, 100, generator=torch.Generator().manual_seed(0))
    near = plain.clone()
    near[750:] = near[:750] + 1e-4 * torch.randn(750, 100, generator=torch.Generator().manual_seed(1))
    massive = torch.eye(100)[5] * 3000
    return {
        "Gaussian [1500, 100]": plain, "30 added everywhere": plain + 30, "3,000 added in one dimension": plain + massive,
        "half of the points near copies (1e-4)": near, "near copies, 30 everywhere, 3,000 in one": near + 30 + massive,
    }  # fmt: skip


def faults() -> Table:
    """Show what float32 searches make of such clouds."""
    table = Table(
        "What float32 searches get wrong", "cloud", "search", "largest relative error, k = 2", "k = 20", "TwoNN by it"
    )
    for cloud, points in adverse().items():
        for name, search in {OURS: _ours, **{name: call for name, call in OTHERS.items() if "tree" not in name}}.items():
            two = torch.as_tensor(search(points, 2)).double()
            errors = [f"{error(points, k, search(points, k)):.0e}" for k in (2, 20)]
            table.add(cloud, name, *errors, f"{_twonn(two):.4g}")
    table.say(
        "The errors are those of the first 50 rows; TwoNN is the least-squares line over the least nine tenths of the ratios."
    )
    return table


def _twonn(distances: Tensor) -> float:
    logs = (distances[:, 1] / distances[:, 0]).log().sort().values[: int(0.9 * len(distances))]
    heights = -torch.log1p(-torch.arange(1, len(logs) + 1, dtype=torch.float64) / len(distances))
    return float(logs @ heights / logs.square().sum())
