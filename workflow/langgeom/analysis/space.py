"""The space of languages: from how alike all pairs of texts are to a tree of clusters and a map.

A set of texts is a bit mask: bit i stands for text i.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import linkage
from scipy.linalg import orthogonal_procrustes
from scipy.optimize import minimize
from scipy.spatial.distance import pdist, squareform

# The similarity that trees and maps are drawn from, and how often its tree has a cluster when sentences are drawn anew.
DRAWN, SUPPORT = "cka", "clade_support"
# A layer's number, its texts, sorted, and their rows in the table of pairs.
Layer = tuple[int, list[str], pd.DataFrame]
DESCENT = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-13, "gtol": 1e-9}


def square(rows: pd.DataFrame, metric: str, texts: list[str]) -> np.ndarray:
    """Return a symmetric metric of the table of pairs, of one model, corpus and layer, [texts, texts]; 1 of a text itself."""
    values = rows[rows["metric"] == metric].set_index(["text", "other"])["value"].unstack().reindex(texts, axis=0)
    table = values.reindex(texts, axis=1).to_numpy(dtype=float)
    return np.where(np.eye(len(texts), dtype=bool), 1.0, np.where(np.isnan(table), table.T, table))


def complete_layers(rows: pd.DataFrame) -> list[Layer]:
    """Return the layers of one model and corpus in the table of pairs at which three texts or more are all compared."""
    layers = list[Layer]()
    for layer, some in rows.groupby("layer"):
        known = some[(some["metric"] == DRAWN) & some["value"].notna()]
        texts = sorted({*known["text"], *known["other"]})
        if len(texts) > 2 and len(known) == len(texts) * (len(texts) - 1) // 2:
            layers.append((int(str(layer)), texts, some[some["text"].isin(texts) & some["other"].isin(texts)]))
    return layers


def angles(similarity: np.ndarray) -> np.ndarray:
    """Return the angles between the texts' kernels, whose cosines are CKA [texts, texts]; they are distances, 0 to pi.

    Source: Williams et al. 2021, NeurIPS, arXiv:2110.14739.
    """
    distances = np.arccos(np.clip((similarity + similarity.T) / 2, -1, 1))
    np.fill_diagonal(distances, 0)
    return distances


def tree(distances: np.ndarray) -> np.ndarray:
    """Return the tree of texts by average linkage, as scipy's linkage [texts - 1, 4].

    Source: Sokal & Michener 1958, University of Kansas Science Bulletin 38:1409.
    """
    return linkage(squareform(distances, checks=False), "average")


def clades(merges: np.ndarray) -> list[int]:
    """Return the texts that each merge of a tree joins."""
    sets = [1 << text for text in range(len(merges) + 1)]
    for left, right in merges[:, :2].astype(int):
        sets.append(sets[left] | sets[right])
    return sets[len(merges) + 1 :]


def support(merges: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Return in which share of other trees the texts of each merge are a cluster too; NaN for the last, which joins all.

    Source: Felsenstein 1985, Evolution 39:783.
    """
    found = [set(clades(other)) for other in others]
    shares = [sum(clade in there for there in found) / len(found) for clade in clades(merges)]
    return np.array([*shares[:-1], np.nan])


def by_pair(merges: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return, for each two texts, the value of the merge that joins them, [texts, texts]; NaN on the diagonal."""
    count = len(merges) + 1
    table, members = np.full((count, count), np.nan), [[text] for text in range(count)]
    for (left, right), value in zip(merges[:, :2].astype(int), values, strict=True):
        table[np.ix_(members[left], members[right])] = table[np.ix_(members[right], members[left])] = value
        members.append(members[left] + members[right])
    return table


def plane(distances: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the map of texts whose distances are nearest to those given, [texts, 2], and its stress.

    Classical scaling gives the start, and a descent of the squared misfit the map; its long axis lies across. The stress is
    sqrt(sum (d - distance)^2 / sum d^2) over pairs, d on the map: 0 for a map without distortion; Kruskal calls 0.05 good, 0.1
    fair, 0.2 poor.

    Source: Torgerson 1952, Psychometrika 17:401; Kruskal 1964, Psychometrika 29:1.
    """
    count = len(distances)
    centre = np.eye(count) - 1 / count
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    start = vectors[:, :-3:-1] * np.sqrt(np.clip(values[:-3:-1], 0, None))
    # The descent would leave together what starts in one place.
    start += 1e-3 * distances.mean() * np.random.default_rng(0).normal(size=start.shape)

    def misfit(flat: np.ndarray) -> tuple[float, np.ndarray]:
        steps = flat.reshape(count, 1, 2) - flat.reshape(1, count, 2)
        apart = np.linalg.norm(steps, axis=2)
        off = apart - distances
        pull = np.divide(off, apart, out=np.zeros_like(off), where=apart > 0)
        return float((off**2).sum()), 4 * (pull[:, :, None] * steps).sum(1).ravel()

    points = minimize(misfit, start.ravel(), jac=True, method="L-BFGS-B", options=DESCENT).x.reshape(count, 2)
    points = points - points.mean(0)
    points = points @ np.linalg.svd(points, full_matrices=False)[2].T
    # An eigenvector has no sign: the texts that lie farthest out lie to the right, and up.
    points *= np.where(points[np.abs(points).argmax(0), [0, 1]] < 0, -1, 1)
    size = float(pdist(points) @ pdist(points))
    return points, math.sqrt(misfit(points.ravel())[0] / 2 / size) if size else 0.0


def maps(layers: Iterable[Layer]) -> Iterator[tuple[np.ndarray, float]]:
    """Yield each layer's map of its texts [texts, 2], in radians, and its stress.

    A map is turned, and if need be mirrored, onto that of the layer before where both have the same texts.

    Source: Schönemann 1966, Psychometrika 31:1.
    """
    before, known = np.empty((0, 2)), list[str]()
    for _, texts, rows in layers:
        points, stress = plane(angles(square(rows, DRAWN, texts)))
        if known == texts:
            points = points @ orthogonal_procrustes(points, before)[0]
        before, known = points, texts
        yield points, stress
