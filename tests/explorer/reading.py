"""What a saved picture or table of the page says, and what the tables say."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd

from explorer.made import Made

SVG = "{http://www.w3.org/2000/svg}"
KEYS = ["model", "corpus", "text", "layer"]


def words(svg: str) -> list[str]:
    return [str(element.text) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def csv(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def same(found: pd.DataFrame, wanted: pd.DataFrame, columns: list[str]) -> None:
    both = wanted.merge(found, on=KEYS, suffixes=("", "_found"), how="outer", indicator=True)
    assert set(both["_merge"]) == {"both"}
    for column in columns:
        np.testing.assert_array_equal(both[column].to_numpy(np.float32), both[f"{column}_found"].to_numpy(np.float32))


def rows_of(made: Made, metric: str, over: str = "token") -> pd.DataFrame:
    rows = made.metrics[(made.metrics["metric"] == metric) & (made.metrics["over"] == over)]
    return rows[rows["layer"].notna()].astype({"layer": int, "n": int})
