"""Value axes: what sets their limits, when they are logarithmic, and what they say to leave out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from langgeom.analysis.rows import reliable
from langgeom.figures.page import in_rows, log_limits, log_scale, scaled, whole


def rows(*values: float, reach: float = 0.0) -> pd.DataFrame:
    value = pd.Series(values, dtype=float)
    return pd.DataFrame({"value": value, "low": value - reach, "high": value + reach})


def test_a_linear_axis_holds_values_with_a_margin_and_bands_unless_they_dwarf_them() -> None:
    assert scaled(rows(9, 10, 11)) == (pytest.approx((8.92, 11.08)), "")
    assert scaled(rows(9, 11, reach=0.2), True)[0] == pytest.approx((8.8 - 0.096, 11.2 + 0.096))
    assert scaled(rows(9, 11, reach=50), True)[0] == pytest.approx((8.5 - 0.12, 11.5 + 0.12))
    assert scaled(rows(300))[0] == pytest.approx((285, 315))
    assert whole(rows(1, 2, reach=3), 6.0) == pytest.approx((-2 - 0.32, 6 + 0.32))


@pytest.mark.parametrize(("highest", "log"), [(15.9, ""), (16.1, "y")])
def test_logarithmic_from_a_factor_of_8(highest: float, log: str) -> None:
    assert scaled(rows(2, highest))[1] == log


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
