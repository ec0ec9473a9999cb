"""Value axes: what sets their limits, when they are logarithmic, and what they say to leave out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from langgeom.analysis.rows import reliable
from langgeom.figures.lines import in_rows
from langgeom.figures.scales import log_limits, log_scale, settled_scale


def rows(values: dict[int, float], lines: int = 20, model: str = "one") -> pd.DataFrame:
    """Return `lines` lines with these values by layer."""
    layers = [layer for layer in values for _ in range(lines)]
    return pd.DataFrame({"model": model, "layer": layers, "value": [float(values[layer]) for layer in layers]})


def test_layers_from_1_up_set_a_linear_axis() -> None:
    scale = settled_scale(rows({0: 94_123, 1: 9, 2: 10, 3: 11}))
    assert not scale.log and scale.bounds == pytest.approx((9 - 0.08, 11 + 0.08))
    assert scale.note == "Off scale: layer 0 of 20 lines, up to 94,123; see the CSV."


def test_nothing_off_scale_no_note() -> None:
    assert settled_scale(rows({0: 10, 1: 9, 2: 10, 3: 11})).note == ""


def test_an_outlier_flattens_no_line() -> None:
    usual, outlier = rows({1: 9, 2: 10, 3: 11}), rows({2: 500}, lines=3)
    scale = settled_scale(pd.concat([usual, outlier], ignore_index=True))
    assert scale.bounds == settled_scale(usual).bounds and not scale.log
    assert scale.note == "Off scale: 3 values of other layers, up to 500; see the CSV."
    one = settled_scale(
        pd.concat([rows({0: 99, 1: 9, 2: 9, 3: 9, 4: 9, 5: 9}, lines=1), rows({2: 500}, lines=1)], ignore_index=True)
    )
    assert one.note == "Off scale: layer 0 of 1 line and 1 value of other layers, up to 500; see the CSV."


def test_small_values_are_written_with_their_digits() -> None:
    scale = settled_scale(rows({0: 0.02, 1: 0.5, 2: 0.52, 3: 0.55}))
    assert "layer 0 of 20 lines, down to 0.02; see" in scale.note and "up to" not in scale.note
    assert "up to 0.9;" in settled_scale(rows({0: 0.9, 1: 0.3, 2: 0.32, 3: 0.33})).note


def test_values_above_and_below_the_frame() -> None:
    low, high = rows({2: 0.001}, lines=2), rows({2: 500}, lines=1)
    note = settled_scale(pd.concat([rows({1: 9, 2: 10, 3: 11}), low, high], ignore_index=True)).note
    assert note == "Off scale: 3 values of other layers, down to 0.001 and up to 500; see the CSV."


def test_bands_that_the_edge_cuts() -> None:
    table = rows({1: 9, 2: 10, 3: 11}, lines=2).assign(
        low=lambda part: part["value"] - 0.01, high=lambda part: part["value"] + 0.01
    )
    assert settled_scale(table).note == ""
    table.loc[0, "low"], table.loc[1, "high"] = 2.0, 20.0
    scale = settled_scale(table)
    assert scale.note == "Off scale: the ends of bands at 2 points; see the CSV."
    assert scale.bounds == settled_scale(table[["model", "layer", "value"]]).bounds
    # Figures of so many lines have no bands.
    assert settled_scale(pd.concat([table] * 21, ignore_index=True)).note == ""


def test_a_model_far_from_the_others_is_no_outlier() -> None:
    both = pd.concat([rows({1: 9, 2: 10, 3: 11}), rows({1: 100, 2: 110}, lines=1, model="two")], ignore_index=True)
    scale = settled_scale(both)
    assert scale.log and scale.note == "" and scale.bounds == pytest.approx((9 / 1.15, 110 * 1.15))


def test_within_a_factor_of_2_everything_belongs_to_the_lines() -> None:
    scale = settled_scale(rows({1: 5.1, 2: 10, 3: 10, 4: 10, 5: 10, 6: 19.9}))
    assert scale.bounds[0] < 5.1 and scale.bounds[1] > 19.9


@pytest.mark.parametrize(("highest", "log"), [(15.9, False), (16.1, True)])
def test_logarithmic_from_a_factor_of_8(highest: float, log: bool) -> None:
    both = pd.concat([rows({1: 2}), rows({1: highest}, model="two")], ignore_index=True)
    assert settled_scale(both).log == log


def test_a_table_of_layer_0_alone_has_an_axis() -> None:
    assert settled_scale(rows({0: 300})).bounds == pytest.approx((285, 315))


def test_a_logarithmic_axis_leaves_out_zeros() -> None:
    values = pd.Series([0.0, 1e-178, 0.01, 500.0])
    assert log_scale(values) and not log_scale(pd.Series([1.0, 30.0])) and not log_scale(pd.Series([-1.0, 1.0, 500.0]))
    assert log_limits(values, 1e-6) == pytest.approx((1e-6, 650))
    assert log_limits(values[2:], 1e-6) == pytest.approx((0.01 / 1.3, 650))


def test_reliable_values_rest_on_100_points() -> None:
    table = pd.DataFrame({"value": np.arange(4.0), "n": pd.Series([99, 100, 5, None], dtype="Int32")})
    kept, note = reliable(table)
    assert list(kept["value"]) == [1.0, 3.0] and note == "Not drawn: 2 values with n below 100; see the CSV."
    assert reliable(table.iloc[[1]])[1] == ""


@pytest.mark.parametrize(
    ("count", "shape"), [(0, (0, 0)), (1, (1, 1)), (3, (1, 3)), (4, (2, 2)), (5, (2, 3)), (6, (2, 3)), (7, (3, 3)), (8, (3, 3))]
)
def test_rows_of_panels_are_even(count: int, shape: tuple[int, int]) -> None:
    grid = in_rows(list(range(count)))
    assert (len(grid), len(grid[0]) if grid else 0) == shape
    assert [item for row in grid for item in row if item is not None] == list(range(count))
