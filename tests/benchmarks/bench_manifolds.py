"""Bias and spread of every estimator of intrinsic dimension on manifolds of known dimension, scikit-dimension's beside.

Each manifold is drawn anew for each repeat, 4,000 points, and turned at random into D dimensions. The table goes between
the markers of docs/metrics.md.

usage: bench_manifolds.py --docs docs/metrics.md [--repeats N] [--points N]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from langgeom.files import atomic
from langgeom.metrics import Cloud
from langgeom.metrics.registry import METRICS

BEGIN, END = "<!-- manifolds: begin, written by tests/benchmarks/bench_manifolds.py -->", "<!-- manifolds: end -->"


def _normal(n: int, d: int, generator: Generator) -> Tensor:
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def _uniform(n: int, d: int, generator: Generator) -> Tensor:
    return torch.rand(n, d, generator=generator, dtype=torch.float64)


def sphere(n: int, d: int, generator: Generator) -> Tensor:
    """Uniform on the sphere of d dimensions."""
    return torch.nn.functional.normalize(_normal(n, d + 1, generator), dim=1)


def swiss_roll(n: int, d: int, generator: Generator) -> Tensor:
    """A sheet rolled up one and a half times, uniform in angle and height."""
    t = 1.5 * math.pi * (1 + 2 * _uniform(n, 1, generator))
    return torch.cat([t * t.cos(), 21 * _uniform(n, 1, generator), t * t.sin()], 1)


def moebius(n: int, d: int, generator: Generator) -> Tensor:
    """A strip of width 1 with half a turn along a circle of radius 1."""
    angle, width = 2 * math.pi * _uniform(n, 1, generator), _uniform(n, 1, generator) - 0.5
    radius = 1 + width * (angle / 2).cos()
    return torch.cat([radius * angle.cos(), radius * angle.sin(), width * (angle / 2).sin()], 1)


def waves(n: int, d: int, generator: Generator) -> Tensor:
    """A cube under a smooth random map: 100 cosines of random frequency, about half a period along each side."""
    frequencies = math.pi * _normal(d, 100, generator)
    return torch.cos(_uniform(n, d, generator) @ frequencies + 2 * math.pi * _uniform(1, 100, generator))


def squares(n: int, d: int, generator: Generator) -> Tensor:
    """A Gaussian and all products of its coordinates."""
    points = _normal(n, d, generator)
    return torch.cat([points, (points[:, :, None] * points[:, None, :]).flatten(1) / 4], 1)


class Manifold(NamedTuple):
    """A name, how it is drawn, its dimension, and the dimension of the space it is turned into."""

    name: str
    draw: Callable[[int, int, Generator], Tensor]
    d: int
    space: int


MANIFOLDS = [
    *(Manifold("sphere", sphere, d, 100) for d in (1, 2, 5, 10, 20)),
    *(Manifold("hypercube", _uniform, d, 100) for d in (1, 2, 5, 10, 20)),
    *(Manifold("Gaussian", _normal, d, 1000) for d in (2, 5, 10, 20)),
    Manifold("Swiss roll", swiss_roll, 2, 100),
    Manifold("Moebius strip", moebius, 2, 100),
    *(Manifold("cube under waves", waves, d, 1000) for d in (2, 5, 10)),
    Manifold("Gaussian and its products", squares, 5, 100),
]

OURS = ["id_microscope", "id_twonn", "id_twonn_mle", "id_mle", "id_gride", "id_pca", "effective_rank"]


def _peers() -> dict[str, Callable[[np.ndarray], float]]:
    """Return scikit-dimension's estimators under the names of ours."""
    import skdim

    return {
        "id_twonn": lambda x: skdim.id.TwoNN().fit(x).dimension_,
        "id_twonn_mle": lambda x: skdim.id.TwoNN(method="mle").fit(x).dimension_,
        "id_mle": lambda x: skdim.id.MLE().fit(x, n_neighbors=20, comb="mle").dimension_,
        "id_gride": lambda x: skdim.id.GRIDE(n1=8).fit(x).dimension_,
        "id_pca": lambda x: skdim.id.lPCA(ver="participation_ratio").fit(x).dimension_,
    }


def measure(manifold: Manifold, n: int, repeats: int) -> dict[str, list[float]]:
    """Return each estimator's values over the repeats; peers' names end in an asterisk."""
    peers, found = _peers(), {}
    for seed in range(repeats):
        generator = torch.Generator().manual_seed(seed)
        flat = manifold.draw(n, manifold.d, generator)
        turn = torch.linalg.qr(_normal(manifold.space, flat.shape[1], generator)).Q
        points = flat @ turn.T
        cloud = Cloud(points)
        cloud.layer(0).nearest(20)
        for name in OURS:
            found.setdefault(name, []).append(float(METRICS[name].function(cloud)))
        for name, peer in peers.items():
            found.setdefault(f"{name}*", []).append(float(peer(points.numpy())))
    return found


def row(manifold: Manifold, found: dict[str, list[float]]) -> str:
    """Return the manifold's line of the table: mean less d, and standard deviation."""

    def cell(name: str) -> str:
        values = found[name]
        return f"{fmean(values) - manifold.d:+.2f} ± {stdev(values):.2f}"

    cells = [cell(name) + (f" ({cell(f'{name}*')})" if f"{name}*" in found else "") for name in OURS]
    return f"| {manifold.name} | {manifold.d} | {manifold.space} | {' | '.join(cells)} |"


def main() -> None:
    """Measure all manifolds and put the table into the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--points", type=int, default=4000)
    options = parser.parse_args()
    lines = [
        f"Mean estimate less d ± standard deviation over {options.repeats} draws of {options.points} points; in parentheses",
        "scikit-dimension 0.5 on the same points, where it has the estimator.",
        "",
        f"| manifold | d | D | {' | '.join(f'`{name}`' for name in OURS)} |",
        "|---" * (3 + len(OURS)) + "|",
    ]
    for manifold in MANIFOLDS:
        lines.append(row(manifold, measure(manifold, options.points, options.repeats)))
        print(lines[-1], flush=True)
    text = options.docs.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    with atomic(options.docs) as temporary:
        temporary.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
