"""The figure of costs: the table's numbers, one panel a decoder, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from figures.drawn import draw
from figures.synthetic import TEXTS, synthetic


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    plain = synthetic(models=["gemma-3-270m", "gemma-3-270m-untrained"])
    rows, noise = plain[plain["metric"] == "bpc"], np.random.default_rng(0)
    parts = [
        rows.assign(metric=metric, value=value, low=value * 0.9, high=value * 1.1)
        for metric in ("token_premium", "information_parity") for value in [noise.uniform(1, 4, len(rows))]
    ]  # fmt: skip
    return pd.concat([plain, *parts], ignore_index=True)


def test_the_numbers_are_the_tables(table: pd.DataFrame) -> None:
    drawing, words = draw("parity", table)
    trained = table[table["model"] == "gemma-3-270m"].set_index(["metric", "text"])
    drawn = drawing.numbers.set_index("text")
    assert set(drawn["model"]) == {"gemma-3-270m"} and len(drawn) == len(TEXTS)
    for metric, columns in (("token_premium", ["x", "x_low", "x_high"]), ("information_parity", ["y", "low", "high"])):
        expected = trained.loc[metric].loc[drawn.index, ["value", "low", "high"]]
        assert np.array_equal(drawn[columns].to_numpy(float), expected.to_numpy(float))
    assert "Tokens over those of English" in words and "Bits over those of English" in words and "r = " in words


def test_without_both_it_says_so(table: pd.DataFrame) -> None:
    _, words = draw("parity", table[table["metric"] != "token_premium"])
    assert "token_premium and information_parity; add them to metrics.text" in " ".join(words.split())
