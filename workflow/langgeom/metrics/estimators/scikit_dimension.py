"""The estimators of scikit-dimension, each a metric by its name: a line below is all that one needs.

A line names the class, says what it assumes, and lists the settings that the config may change under `skdim`, with their
defaults: scikit-dimension's own, but for those that docs/metrics.md names. `interval` splits the sentences into halves, which
takes 15 to 60 times as long as the value alone: by default, those have one that stay below 3 seconds for 2,000 x 576 numbers.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import math
import warnings
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, MetricError, Resample, metric
from langgeom.metrics.parts import Near, of_halves

# Arguments of `fit`; all others are the class's.
FIT = ("n_neighbors", "comb")
# Where so many points are distinct, an error is not for want of points.
ENOUGH = 200


@metric("skdim_corrint", input="cloud", estimator="CorrInt", seconds=2.4, interval=True, k1=10, k2=20,
        about="Correlation dimension: pairs nearer than r grow as r^d, from a typical neighbour k1 to k2")  # fmt: skip
@metric("skdim_danco", input="cloud", estimator="DANCo", seconds=0.2, interval=False, ver="DANCoFit", k=10, D=100,
        fractal=True, about="DANCo: angles and distances of neighbours are those of uniform balls of d dimensions")  # fmt: skip
@metric("skdim_ess", input="cloud", estimator="ESS", seconds=90, interval=False, ver="a", d=1, n_neighbors=100, comb="mean",
        about="Expected simplex skewness: a neighbourhood is a uniform ball without noise or curvature")  # fmt: skip
@metric("skdim_fishers", input="cloud", estimator="FisherS", seconds=0.4, interval=False, conditional_number=10,
        project_on_sphere=1, limit_maxdim=False,
        about="Fisher separability: whitened points are as hard to separate as those of a uniform d-sphere")  # fmt: skip
@metric("skdim_gride", input="cloud", estimator="GRIDE", seconds=1.2, interval=True, n1=1, n2=None,
        about="Gride by scikit-dimension: density is constant up to neighbour n2")  # fmt: skip
@metric("skdim_knn", input="cloud", estimator="KNN", seconds=0.1, interval=False, k=2, ps=[20, 30, 40, 50], M=20, gamma=2,
        about="Graph of k neighbours: its length grows as n^(1 - gamma / d), in small samples; whole numbers")  # fmt: skip
@metric("skdim_lpca", input="cloud", estimator="lPCA", seconds=0.2, interval=False, ver="FO", alphaRatio=0.05, alphaFO=0.05,
        alphaFan=10, betaFan=0.8, PFan=0.95, center=True, noise_var=None, alphaKN=0.05, n_permutations=100, quantile=0.95,
        null="permute",
        about="PCA: how many variances exceed 5 % of the largest; a flat subspace, all other variance is noise")  # fmt: skip
@metric("skdim_mada", input="cloud", estimator="MADA", seconds=0.6, interval=False, n_neighbors=20, comb="mean",
        about="MADA: around each point the number of neighbours grows as r^d, from n_neighbors / 2 to n_neighbors")  # fmt: skip
@metric("skdim_mind_ml", input="cloud", estimator="MiND_ML", seconds=1.8, interval=True, ver="MLk", k=20, D=100,
        about="MiND: the nearest of k neighbours lies as in a uniform ball of d dimensions")  # fmt: skip
@metric("skdim_mle", input="cloud", estimator="MLE", seconds=1.8, interval=True, n_neighbors=20, comb="mle", dnoise=None,
        sigma=0, n=None, integral_approximation="Haro", unbiased=False, neighborhood_based=True, K=5,
        about="Levina-Bickel by scikit-dimension: density is constant within n_neighbors")  # fmt: skip
@metric("skdim_mom", input="cloud", estimator="MOM", seconds=2.4, interval=True, n_neighbors=100, comb="mean",
        about="Method of moments: the mean distance within n_neighbors is d / (d + 1) of the farthest")  # fmt: skip
@metric("skdim_ph", input="cloud", estimator="PH", seconds=3.5, interval=False, alpha=1.0, n_range_min=0.5, n_range_max=1.0,
        range_type="fraction", nsteps=10, subsamples=2,
        about="Persistent homology: the least spanning tree of n points grows in length as n^(1 - alpha / d)")  # fmt: skip
@metric("skdim_tle", input="cloud", estimator="TLE", seconds=0.4, interval=False, epsilon=0.0001, n_neighbors=20,
        comb="mean",
        about="Tight local estimation: all distances among n_neighbors; density is constant within them")  # fmt: skip
@metric("skdim_twonn", input="cloud", estimator="TwoNN", seconds=1.2, interval=True, discard_fraction=0.1, method="linear",
        about="TwoNN by scikit-dimension: density is constant up to the second neighbour")  # fmt: skip
def by_skdim(
    points: Tensor | Cloud, *, estimator: str, interval: bool = False, resample: Resample | None = None, **settings: Any
) -> Estimate:
    """Intrinsic dimension by an estimator of scikit-dimension, duplicates dropped.

    One point of each copy is handed over, in float64. What scikit-dimension warns of or prints is a warning with the metric's
    name.

    Args:
        estimator: a class of `skdim.id`.
        interval: whether there is one, from splits of the sentences into halves (see `parts`); else it is NaN.
        resample: its `seed` seeds what the estimator draws; without it, 0.
        settings: of the class, and `n_neighbors` and `comb` of its `fit`.

    Returns:
        The dimension (no unit), n the distinct points, dropped the copies. NaN where scikit-dimension gives no finite number,
        with fewer than 3 distinct points, and where it refuses fewer than 200. With more, what it refuses is a MetricError.

    Source: Bac et al. 2021, Entropy 23:1368; each estimator's paper is in scikit-dimension's docs.
    """
    splits = resample if interval else None

    def measure(layer: Layer, counts: Tensor | None) -> Measured:
        near = Near(layer, layer.sentences.parts(splits))
        every = layer.points[layer.bits.first].double().cpu().numpy()
        # Some have absolute tolerances; a power of two rounds nothing.
        every = np.ldexp(every, -math.frexp(float(np.abs(every).max(initial=0)))[1])
        seed = resample.seed if resample else 0
        parts = [every[present.cpu().numpy()] for present in near.present.T]
        found = (_dimension(estimator, part, settings, seed, loud=not number) for number, part in enumerate(parts))
        values, n = torch.tensor(list(found), dtype=torch.float64), len(parts[0])
        return of_halves(values, n, len(layer.points) - n, splits, counts)

    return Cloud.of(points).each(resample, measure)


def _dimension(estimator: str, points: np.ndarray, settings: Mapping[str, Any], seed: int, *, loud: bool) -> float:
    """Return an estimate; `loud` hands on what scikit-dimension says meanwhile."""
    if len(points) < 3:
        return np.nan
    name, kind, said = f"skdim_{estimator.lower()}", getattr(_library().id, estimator), io.StringIO()
    given = {key: np.asarray(value) if isinstance(value, list) else value for key, value in settings.items()}
    of_fit = {key: given.pop(key) for key in FIT if key in given}
    if "random_state" in inspect.signature(kind).parameters:
        given["random_state"] = seed
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(said), np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            value = float(kind(**given).fit(points, **of_fit).dimension_)
        except (ValueError, TypeError, IndexError) as error:
            if len(points) >= ENOUGH:
                raise MetricError(f"scikit-dimension says of {len(points)} points: {error}") from None
            value = np.nan
            warnings.warn(str(error), stacklevel=1)
    for line in dict.fromkeys([*(str(one.message) for one in caught), *said.getvalue().splitlines()]) if loud else ():
        warnings.warn(f"{name}: {line}", stacklevel=2)
    return value if np.isfinite(value) else np.nan


@cache
def _library() -> ModuleType:
    """Import scikit-dimension, which takes two seconds (numba), and undo its import's silencing of all warnings."""
    with warnings.catch_warnings():
        import skdim
    return skdim
