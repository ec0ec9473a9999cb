"""`skdim_*` against scikit-dimension on the distinct points, `id_local` against its pointwise MLE; known truth, failure."""

from __future__ import annotations

import inspect
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from langgeom.metrics import Cloud, MetricError, MissingValueWarning, Resample, id_local
from langgeom.metrics.catalogue import METRICS as CATALOGUE
from langgeom.metrics.estimators.id_local import local_dimensions
from langgeom.metrics.measure import _rows_of_cloud
from langgeom.metrics.registry import METRICS

skdim = pytest.importorskip("skdim")
NAMES = [name for name in METRICS if name.startswith("skdim_")]
# Defaults that are not scikit-dimension's, and why (docs/metrics.md has the words).
OTHER = {
    "skdim_danco": {"ver": "DANCoFit", "D": 100},  # tables, instead of simulating each dimension up to the space's
    "skdim_knn": {"k": 2, "ps": [20, 30, 40, 50], "M": 20},  # instead of one draw each of 3 to 6 points
    "skdim_mind_ml": {"D": 100},  # instead of a cap at 10
    "skdim_ph": {"nsteps": 10, "subsamples": 2},  # instead of 1,000 trees
}
# No settings: of another input, of what is printed, of processes, or seeded from the config.
HIDDEN = {"DM", "alphas", "calibration_data", "dist", "fit_explained_variance", "metric", "multiscale", "n_jobs", "n_samples",
          "produce_plots", "random_state", "range_max", "verbose"}  # fmt: skip
FAST = {"skdim_ess": {"n_neighbors": 10}}  # of 100 neighbours it looks at each pair


def own(name: str, points: np.ndarray, seed: int = 0, **changes: Any) -> Any:
    """Return scikit-dimension's estimator, fitted with a metric's settings."""
    settings = {**CATALOGUE[name].settings, **changes}
    settings = {key: np.array(value) if isinstance(value, list) else value for key, value in settings.items()}
    kind, _ = getattr(skdim.id, settings.pop("estimator")), settings.pop("interval")
    fit = {key: settings.pop(key) for key in ("n_neighbors", "comb") if key in settings}
    drawn = {"random_state": seed} if "random_state" in inspect.signature(kind).parameters else {}
    return kind(**settings, **drawn).fit(points, **fit)


def flat(n: int = 800, d: int = 5, dim: int = 20) -> Tensor:
    """A Gaussian ball of d dimensions in 20."""
    generator = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(dim, dim, generator=generator, dtype=torch.float64)).Q
    return torch.randn(n, d, generator=generator, dtype=torch.float64) @ turn[:d]


@pytest.mark.parametrize("name", NAMES)
def test_the_value_is_scikit_dimensions_on_distinct_points(hidden: Callable[..., Tensor], name: str) -> None:
    points, changes = hidden(300, 24, repeated=0.2), FAST.get(name, {})
    distinct = points[np.sort(np.unique(points.numpy(), axis=0, return_index=True)[1])].double()
    found = METRICS[name].function(points, **changes, resample=Resample(20, seed=3))
    assert float(found) == pytest.approx(own(name, distinct.numpy(), seed=3, **changes).dimension_, rel=1e-12)
    assert (int(found.n), int(found.dropped)) == (len(distinct), 300 - len(distinct))
    assert bool(found.low.isnan()) != CATALOGUE[name].settings["interval"]


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_are_those_of_the_class(name: str) -> None:
    settings = dict(CATALOGUE[name].settings)
    kind, _ = getattr(skdim.id, settings.pop("estimator")), settings.pop("interval")
    known = {key: value.default for key, value in inspect.signature(kind).parameters.items()}
    if issubclass(kind, skdim._commonfuncs.LocalEstimator):
        known |= {"n_neighbors": kind._N_NEIGHBORS, "comb": inspect.signature(kind.fit).parameters["comb"].default}
    assert settings.keys() == known.keys() - HIDDEN
    differing = {key: value for key, value in settings.items() if value != known[key]}
    assert differing == {key: value for key, value in OTHER.get(name, {}).items() if value != known[key]}


def test_every_estimator_has_a_metric() -> None:
    kinds = {name for name, kind in vars(skdim.id).items() if inspect.isclass(kind)}
    assert kinds == {CATALOGUE[name].settings["estimator"] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_known_dimension(name: str) -> None:
    """Each within a fifth of 5 on a Gaussian ball in 20 dimensions; KNN gives whole numbers, one off at most."""
    found = METRICS[name].function(flat(), **FAST.get(name, {}))
    assert float(found) == pytest.approx(5, abs=1.0 if name == "skdim_knn" else 0.9)


def test_the_interval_is_that_of_halves() -> None:
    cloud, resample = Cloud(flat(300), torch.arange(300) // 5), Resample(20, seed=0)
    found = METRICS["skdim_twonn"].function(cloud, resample=resample)
    splits = [(cloud.points[0][part[cloud.groups]], cloud.points[0][~part[cloud.groups]]) for part in resample.splits(60)]
    halves = torch.tensor([[own("skdim_twonn", half.numpy()).dimension_ for half in split] for split in splits])
    assert (float(found.half_a), float(found.half_b)) == pytest.approx(tuple(halves[0].tolist()), rel=1e-12)
    low, high = resample.halves(float(found), halves[1:, 0], halves[1:, 1], 60)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high), rel=1e-9)


def test_what_it_warns_of_and_prints_has_the_metrics_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.warns(UserWarning, match="^skdim_mada: n_neighbors >= len"):
        METRICS["skdim_mada"].function(flat(15))
    monkeypatch.setattr(skdim.id.MOM, "_mom", lambda self, dists: (print("Warning: odd data"), np.ones(len(dists)))[1])
    with pytest.warns(UserWarning, match="^skdim_mom: Warning: odd data"):
        METRICS["skdim_mom"].function(flat(300), interval=False)


def test_no_warning_when_all_is_well() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        METRICS["skdim_tle"].function(flat(300))


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("skdim_lpca", {"ver": "FA"}, "ver must be one of"),
        ("skdim_mom", {"neighbours": 3}, "takes no arguments"),
        ("skdim_mada", {"comb": "mode"}, "Invalid comb"),
        ("skdim_danco", {"D": 101}, "requires D <= 100, got D=101"),
    ],
)
def test_settings_that_are_refused(name: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(MetricError, match=f"^{name}: scikit-dimension says of 300 points: .*{said}"):
        METRICS[name].function(flat(300), **settings)


@pytest.mark.parametrize("n", [2, 12])
def test_too_few_points_give_no_value(n: int) -> None:
    with pytest.warns(MissingValueWarning, match="skdim_danco: no value"):
        found = METRICS["skdim_danco"].function(flat(n))
    assert bool(found.value.isnan()) and int(found.n) == n


def test_draws_are_seeded() -> None:
    values = [float(METRICS["skdim_ph"].function(flat(200), resample=Resample(20, seed=seed))) for seed in (0, 0, 1)]
    assert values[0] == values[1] != values[2]


def test_a_job_gives_its_settings() -> None:
    cloud, metric = Cloud(flat(300)), METRICS["skdim_mom"]
    (row,) = _rows_of_cloud([metric], "token", cloud, None, 0, None, {"skdim_mom": {"n_neighbors": 10}, "skdim_mada": {"k": 1}})
    assert row["value"] == pytest.approx(own("skdim_mom", cloud.points[0].numpy(), n_neighbors=10).dimension_, rel=1e-12)


def test_jobs_without_it_do_not_import_it() -> None:
    """It takes two seconds, and silences all warnings of a process, which is undone."""
    code = (
        "import sys, warnings, torch, langgeom.metrics.measure, langgeom.metrics.registry\n"
        "assert not {'skdim', 'numba', 'sklearn'} & set(sys.modules)\n"
        "before = list(warnings.filters)\n"
        "from langgeom.metrics import skdim_mom\n"
        "skdim_mom(torch.randn(300, 3))\n"
        "assert 'skdim' in sys.modules and warnings.filters == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("k", [5, 20])
def test_local_dimension_is_the_pointwise_mle(hidden: Callable[..., Tensor], k: int) -> None:
    points = hidden(400, repeated=0.3)
    distinct = torch.unique(points.double(), dim=0)
    local = skdim.id.MLE().fit(distinct.numpy(), n_neighbors=k).dimension_pw_
    for name, quantile in (("id_local_low", 0.25), ("id_local", 0.5), ("id_local_high", 0.75)):
        found = METRICS[name].function(points, k=k)
        assert float(found) == pytest.approx(np.quantile(local, quantile), rel=1e-9)
        assert (int(found.n), int(found.dropped)) == (len(distinct), 400 - len(distinct))
    cloud = Cloud(torch.cat([distinct, distinct[:9]]).unsqueeze(0))
    assert local_dimensions(cloud.layer(0), k).tolist() == pytest.approx([*local, *local[:9]], rel=1e-9)


def test_local_dimension_of_two_sheets() -> None:
    """A plane far from a 10-dimensional ball: a quarter of the points near 2, the median near 10, as each has its own."""
    plane = torch.zeros(100, 10, dtype=torch.float64)
    plane[:, :2] = torch.rand(100, 2, generator=torch.Generator().manual_seed(0))
    points = torch.cat([plane, 50 + flat(500, 10, 10)])
    low, middle = (float(id_local(points, quantile=share)) for share in (0.08, 0.6))
    assert low == pytest.approx(2, abs=0.3) and middle == pytest.approx(8, abs=1.2)


def test_local_dimension_needs_more_points_than_neighbours() -> None:
    with pytest.warns(MissingValueWarning, match="id_local: no value"):
        assert bool(id_local(flat(20)).value.isnan())
    with pytest.raises(MetricError, match="k is 2; it must be a whole number, 3 or more"):
        id_local(flat(20), k=2)
