"""Clouds, estimates, resampling, and the registry with its catalogue."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest
import torch

import langgeom.metrics
from langgeom.metrics import Cloud, MetricError, MissingValueWarning, Resample, anisotropy
from langgeom.metrics.catalogue import INPUTS
from langgeom.metrics.catalogue import METRICS as LISTED
from langgeom.metrics.estimate import Estimate
from langgeom.metrics.registry import METRICS, metric


def test_catalogue_and_registry_agree() -> None:
    assert {name: (m.input, m.about, m.fields) for name, m in METRICS.items()} == {
        name: (m.input, m.about, m.fields) for name, m in LISTED.items()
    }
    assert all(m.about and m.input in INPUTS for m in LISTED.values())
    assert all(m.fields for m in LISTED.values() if m.input in ("text", "aligned_text"))


def test_catalogue_does_not_import_torch() -> None:
    code = "import sys, langgeom.metrics.catalogue; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0


def test_every_metric_is_importable_by_name() -> None:
    for name in METRICS:
        assert callable(getattr(langgeom.metrics, name))
    assert {"Cloud", "anisotropy", "id_twonn"} <= set(dir(langgeom.metrics))
    with pytest.raises(AttributeError, match="no metric 'id_twon'"):
        _ = langgeom.metrics.id_twon


def test_help_and_star_list_every_metric() -> None:
    import pydoc

    import langgeom.metrics

    said = pydoc.plain(pydoc.render_doc(langgeom.metrics))
    names: dict[str, object] = {}
    exec("from langgeom.metrics import *", names)
    for name in METRICS:
        assert f"    {name}(" in said and callable(names[name])


@pytest.mark.parametrize("points", [torch.randn(30, 4).to_sparse(), torch.randn(30, 4, device="meta")])
def test_tensors_without_values_are_refused(points: torch.Tensor) -> None:
    with pytest.raises(MetricError, match=r"dense tensor.*torch\.from_numpy"):
        METRICS["id_twonn"].function(points)


def test_estimates_compare_without_an_error() -> None:
    points = torch.randn(30, 4, generator=torch.Generator().manual_seed(0)).expand(2, 30, 4)
    found = METRICS["anisotropy"].function(points)
    assert found == found and found != METRICS["anisotropy"].function(points)


def test_declaring_twice_or_with_an_unknown_input_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        metric("anisotropy", input="cloud")(lambda points: points)
    with pytest.raises(ValueError, match="'clouds'; allowed: cloud"):
        metric("another", input="clouds")(lambda points: points)
    assert "another" not in METRICS


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (torch.randn(5), r"float32 \[5\]"),
        (torch.randint(5, (5, 2)), r"int64 \[5, 2\]"),
        (torch.randn(0, 3), r"\[0, 3\]"),
        ([[1.0, 2.0]], "list"),
    ],
)
def test_what_is_no_cloud(points: object, said: str) -> None:
    with pytest.raises(MetricError, match=said):
        Cloud(points)  # type: ignore[arg-type]
    with pytest.raises(MetricError, match=f"anisotropy: .*{said}"):
        anisotropy(points)


@pytest.mark.parametrize("groups", [torch.arange(4), torch.ones(5)])
def test_groups_must_be_one_integer_a_point(groups: torch.Tensor) -> None:
    with pytest.raises(MetricError, match="5 integers"):
        Cloud(torch.randn(5, 2), groups)


def test_draws_depend_on_seed_and_number_only() -> None:
    counts = Resample(30, seed=1).counts(12)
    assert counts.shape == (30, 12) and (counts.sum(1) == 12).all()
    assert torch.equal(counts, Resample(30, seed=1, level=0.5).counts(12))
    assert not torch.equal(counts, Resample(30, seed=2).counts(12))


@pytest.mark.parametrize("options", [(1, 0, 0.95), (20, -1, 0.95), (20, 0, 1.0), (2.5, 0, 0.95), (20, 1.5, 0.95), (20, 0, "a")])
def test_resample_is_checked(options: tuple) -> None:
    with pytest.raises(MetricError, match="replicates must be 2 or more"):
        Resample(*options)


def test_draws_of_numpy_s_numbers_are_the_same() -> None:
    assert torch.equal(Resample(np.int64(30), np.int64(1)).counts(12), Resample(30, 1).counts(12))


def test_draws_are_the_caller_s_own() -> None:
    Resample(30, seed=1).counts(12).zero_()
    assert (Resample(30, seed=1).counts(12).sum(1) == 12).all()


@pytest.mark.parametrize(
    "resample", [Resample(2, seed=0), Resample(20, seed=0, level=0.05), Resample(200, seed=0, level=0.005)]
)
def test_few_replicates_keep_the_value(resample: Resample) -> None:
    found = anisotropy(torch.randn(60, 5, generator=torch.Generator().manual_seed(0)), resample=resample)
    assert found.low is not None and found.high is not None and found.low <= found.value <= found.high


def test_groups_that_are_no_tensor() -> None:
    with pytest.raises(MetricError, match="groups are list; they must be a tensor of 3 integers"):
        Cloud(torch.randn(3, 2), [0, 0, 1])  # type: ignore[arg-type]


def test_a_metric_under_another_name_says_which_it_is() -> None:
    reverse, scale = METRICS["retrieval_reverse"].function, METRICS["id_gride_64"].function
    assert (reverse.__name__, scale.__name__) == ("retrieval_reverse", "id_gride_64")
    assert (scale.__doc__ or "").partition("\n")[0].endswith("`id_gride` with scale=64.") and "Source:" in (scale.__doc__ or "")
    assert inspect.signature(scale).parameters["scale"].default == 64
    with pytest.raises(MetricError, match=r"^retrieval_reverse: "):
        reverse(torch.full((3, 2), torch.nan), torch.randn(3, 2))
    with pytest.warns(MissingValueWarning, match=r"^id_gride_64: no value"):
        scale(torch.randn(100, 5))


def test_float32_up_to_its_largest() -> None:
    points = torch.randn(130, 6, generator=torch.Generator().manual_seed(0))
    huge = points * (2.0**126 / points.abs().max())
    for name in ("anisotropy", "id_pca", "isoscore", "effective_rank"):
        assert float(METRICS[name].function(huge)) == pytest.approx(float(METRICS[name].function(points)), rel=1e-5)


def test_interval_leaves_out_replicates_without_value() -> None:
    resample = Resample(4, seed=0, level=0.5)
    assert resample.percentiles(torch.tensor([1.0, 2.0, 3.0, torch.nan])) == (1.5, 2.5)
    assert all(end != end for end in resample.percentiles(torch.tensor([1.0, torch.nan, torch.nan, torch.nan])))


def test_bootstrap_draws_sentences_not_tokens() -> None:
    """Tokens repeated a hundredfold within sentences must not narrow the interval."""
    points = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    many, groups = points.repeat_interleave(20, dim=0), torch.arange(40).repeat_interleave(20)
    one = anisotropy(Cloud(points, torch.arange(40)), resample=Resample(100, seed=0))
    other = anisotropy(Cloud(many, groups), resample=Resample(100, seed=0))
    assert float(other.high - other.low) == pytest.approx(float(one.high - one.low), rel=0.05)


def test_one_sentence_has_no_interval() -> None:
    found = anisotropy(Cloud(torch.randn(40, 6), torch.zeros(40, dtype=torch.long)), resample=Resample(20, seed=0))
    assert not found.value.isnan() and found.low.isnan() and found.high.isnan()


def test_estimate_shows_itself() -> None:
    found = Estimate(torch.tensor(1.5, dtype=torch.float64), torch.tensor(3), torch.tensor(0))
    assert repr(found) == "Estimate(1.5, n=3, dropped=0)" and float(found) == 1.5
    many = anisotropy(torch.randn(2, 9, 3))
    assert many.low is None and many.value.dtype == torch.float64 and many.n.tolist() == [9, 9]
    with pytest.raises(TypeError, match="2 layers"):
        float(many)


def test_gradients_and_low_precision_settings_do_not_matter() -> None:
    points = torch.randn(300, 280, requires_grad=True)
    plain = float(anisotropy(points))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert float(anisotropy(points)) == plain
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize(
    "first", ["langgeom.metrics.estimators.cka", "langgeom.text_pairs", "langgeom.metrics.estimators.pooling"]
)
def test_any_file_of_a_metric_may_be_imported_first(first: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {first}"], check=True, env={"PYTHONPATH": ":".join(sys.path)})
