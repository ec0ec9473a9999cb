"""Pairs of closely related languages, one of them with few resources: which there are, and how far a value differs in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student

from langgeom.languages import language
from langgeom.names import TextName

__all__ = ["Difference", "mean_difference", "related_texts"]


def related_texts(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Pair texts of low-resource languages with those of their high-resource relatives, in the same script.

    A language's standard variety is taken where there are several; a pair in two scripts is none, since the script has an
    effect of its own.

    Returns:
        (low, high) names of texts, by the relative's and then by the low-resource language's name.
    """
    plain: dict[tuple[str, str], str] = {}
    for text in sorted(texts, key=lambda text: (TextName.parse(text).variant, text)):
        name = TextName.parse(text)
        plain.setdefault((name.lang, name.script), text)
    pairs = [
        (text, plain[relative, script])
        for (lang, script), text in plain.items()
        for relative in language(lang).related
        if (relative, script) in plain
    ]
    return sorted(pairs, key=lambda pair: (_name(pair[1]), _name(pair[0]), pair))


def _name(text: str) -> str:
    return language(TextName.parse(text).lang).name


class Difference(NamedTuple):
    """A mean difference, its 95 % interval (missing for fewer than two relatives), and the number of relatives."""

    mean: float
    low: float
    high: float
    n: int


def mean_difference(differences: pd.Series, relatives: pd.Series) -> Difference:
    """Return the mean of paired differences with its t interval; pairs that share a relative are averaged first.

    They are not independent: Awadhi, Bhojpuri and Magahi are all compared with the same Hindi.

    Args:
        differences: low-resource minus high-resource, one a pair; missing ones do not count.
        relatives: what says which pairs share their high-resource language.
    """
    means = differences[differences.notna()].groupby(relatives[differences.notna()]).mean().to_numpy(dtype=float)
    n = len(means)
    if not n:
        return Difference(float("nan"), float("nan"), float("nan"), 0)
    half = float(student.ppf(0.975, n - 1) * means.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    mean = float(means.mean())
    return Difference(mean, mean - half, mean + half, n)
