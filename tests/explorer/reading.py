"""What a saved picture or table of the page says, and what the tables say."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd

from explorer.made import Made

KEYS = ["model", "corpus", "text", "layer"]


def words(svg: str) -> list[str]:
    return [str(element.text) for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def csv(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def numbers(text: str) -> list[float]:
    """Return the numbers in a text; true minus signs are part of them."""
    return [float(part.replace("−", "-")) for part in re.findall(r"−?\d+(?:\.\d+)?(?:e−?\d+)?", text.replace(",", ""))]


def rounded(value: float) -> float:
    """Return a number as the page shows it: a float32 with four significant digits."""
    return float(f"{np.float32(value):.4g}")


def same(found: pd.DataFrame, wanted: pd.DataFrame, columns: list[str]) -> None:
    both = wanted.merge(found, on=KEYS, suffixes=("", "_found"), how="outer", indicator=True)
    assert set(both["_merge"]) == {"both"}
    for column in columns:
        np.testing.assert_array_equal(both[column].to_numpy(np.float32), both[f"{column}_found"].to_numpy(np.float32))


def rows_of(made: Made, metric: str, over: str = "token") -> pd.DataFrame:
    """Return a metric's rows by layer, without the reference where it would be compared with itself."""
    rows = made.metrics[(made.metrics["metric"] == metric) & (made.metrics["over"] == over) & made.metrics["layer"].notna()]
    rows = rows[~(rows["metric"].str.startswith("kl") & (rows["text"] == "eng_Latn"))]
    return rows.astype({"layer": int, "n": int})


def medians_of(rows: pd.DataFrame, least: int = 0) -> pd.Series:
    """Return each text's median over the layers after the embedding, as `langgeom.analysis.layers` defines it."""
    after = rows[(rows["layer"] > 0)].assign(value=lambda some: some["value"].astype(np.float32).astype(float))
    good = after[after["n"] >= least].dropna(subset="value").groupby("text")["value"]
    return good.median()[good.size() == after["layer"].nunique()]
