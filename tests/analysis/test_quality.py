"""What chance gives of each quality, and how many texts are not above it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from langgeom.analysis.quality import chance, chance_share


def test_chance_is_what_random_ranks_give() -> None:
    ranks = np.random.default_rng(0).integers(1, 59, size=200_000)
    assert chance("reciprocal_rank", 58) == pytest.approx((1 / ranks).mean(), rel=0.01)
    assert chance("retrieval", 58) == pytest.approx((ranks == 1).mean(), rel=0.05)
    assert chance("mmlu", 1) == 0.25 and np.isnan(chance("bpc", 58))


def test_a_text_is_at_chance_where_its_interval_reaches_it() -> None:
    rows = pd.DataFrame(
        dict(quality="retrieval", n=[50, 50, 50, None], value=[0.1, 0.1, 0.01, 0.9], low=[0.03, 0.02, None, 0.8])
    )
    assert chance_share(rows) == 0.75
    assert chance_share(rows.assign(quality="bpc")) == 0
    assert chance_share(rows.assign(quality="mmlu", value=0.3, low=[0.2, 0.26, None, 0.26])) == 0.25
