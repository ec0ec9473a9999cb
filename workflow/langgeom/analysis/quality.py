"""The quality of a model that figures show and findings test: MMLU from one harness, or a measure on the corpus."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from langgeom.analysis.rows import Panel, rows_of

# With MMLU in fewer languages, "auto" takes what was measured on the corpus.
LEAST_LANGUAGES = 5
PREFERRED = {"harness": 0, "published": 1}
# What "auto" takes of the measures on the corpus, the first that there is.
MEASURED = ("reciprocal_rank", "retrieval")


class Quality(NamedTuple):
    """The quality of one model: rows of the quality table (one per text), the label of an axis, and a note on the source."""

    rows: pd.DataFrame
    axis: str
    note: str


def besides_bits(wanted: str) -> str:
    """Return the quality to compare with bits per character, which are not compared with themselves."""
    return "auto" if wanted == "bpc" else wanted


def choose(quality: pd.DataFrame, panels: Iterable[Panel], wanted: str) -> dict[Panel, Quality]:
    """Choose the quality of each (model, corpus); those without one are left out.

    "auto" takes MMLU for a model that has it in `LEAST_LANGUAGES` languages or more, and what was `MEASURED` for any other. All
    MMLU scores come from one origin and harness: the one that covers most, a harness run before published scores.

    Args:
        quality: the quality table.
        panels: each (model, corpus).
        wanted: "auto", "mmlu", "reciprocal_rank", "retrieval" or "bpc".
    """
    panels = list(panels)
    quality = quality[np.isfinite(quality["value"])]
    least = LEAST_LANGUAGES if wanted == "auto" else 1
    scores = _one_harness(quality, {model for model, _ in panels}, least)
    measured = quality[quality["origin"] == "measured"]
    chosen = {}
    for panel in panels:
        mmlu, own = scores[scores["model"] == panel[0]], rows_of(measured, panel)
        if wanted in ("auto", "mmlu") and len(mmlu) >= least:
            chosen[panel] = _mmlu(mmlu)
        for name in MEASURED if wanted == "auto" else (wanted,):
            if panel not in chosen and len(some := own[own["quality"] == name]):
                chosen[panel] = _bits(some) if name == "bpc" else _found(some)
    return chosen


def chance(quality: str, n: float) -> float:
    """Return what chance gives: 1/4 of MMLU; of n sentences 1/n retrieved, and a reciprocal rank of (1 + 1/2 + ... + 1/n)/n."""
    ranks = {"mmlu": 0.25, "retrieval": 1 / n, "reciprocal_rank": float((1 / np.arange(1, n + 1)).sum() / n)}
    return ranks.get(quality, float("nan"))


def chance_share(rows: pd.DataFrame) -> float:
    """Return the share of a quality's rows whose interval (or else value) is not above chance; 0 of bits per character."""
    least = rows["low"].fillna(rows["value"])
    levels = [chance(name, n) for name, n in zip(rows["quality"], rows["n"].fillna(1).clip(lower=1), strict=True)]
    return float((least <= levels).mean())


def bits(quality: pd.DataFrame, panel: Panel) -> Quality | None:
    """Return the bits per character of a (model, corpus), or None."""
    return choose(quality, [panel], "bpc").get(panel)


def quality_note(chosen: Iterable[Quality]) -> str:
    """Return the notes of the qualities shown, each once."""
    return " ".join(dict.fromkeys(quality.note for quality in chosen))


def _one_harness(quality: pd.DataFrame, models: set[str], least: int) -> pd.DataFrame:
    """Return the MMLU scores of the origin and harness with the most models and languages."""
    scores = quality[(quality["quality"] == "mmlu") & quality["model"].isin(models)]
    sizes = scores.groupby(["origin", "harness", "model"]).size()
    covered = sizes[sizes >= least].groupby(["origin", "harness"]).sum()
    if covered.empty:
        return scores.iloc[:0]
    best = min(covered.index, key=lambda source: (-covered[source], PREFERRED.get(source[0], 2), source))
    return scores[(scores["origin"] == best[0]) & (scores["harness"] == best[1])]


def _mmlu(rows: pd.DataFrame) -> Quality:
    shots, origin, harness = rows["shots"].dropna(), rows["origin"].iloc[0], rows["harness"].iloc[0]
    axis = "MMLU accuracy" + (f" ({shots.iloc[0]}-shot)" if shots.nunique() == 1 else "")
    return Quality(rows, axis, f"MMLU: {'published, ' if origin == 'published' else ''}{harness}.")


def _bits(rows: pd.DataFrame) -> Quality:
    return Quality(rows, "Bits per character (lower is better)", "Bits per character: loss over characters, of the corpus.")


def _found(rows: pd.DataFrame) -> Quality:
    layer, n = rows["source"].iloc[0].split(" of ")[0], int(rows["n"].median())
    at = f"at the layer that is best on average over languages; n about {n}"
    if rows["quality"].iloc[0] == "retrieval":
        what = "Retrieval: share of sentences whose translation in the reference text is the nearest by cosine"
        return Quality(rows, f"Retrieval accuracy, {layer}", f"{what}, {at}, chance 1/n.")
    what = "Reciprocal rank: the mean of 1 / the rank of a sentence's translation among all of the reference text by cosine"
    return Quality(rows, f"Mean reciprocal rank, {layer}", f"{what}, {at}, chance {chance('reciprocal_rank', n):.2g}.")
