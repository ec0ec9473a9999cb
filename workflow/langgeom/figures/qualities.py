"""Which quality of a model a figure shows: MMLU of one harness, or what was measured on the corpus; and its words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from langgeom.figures.settings import Settings

__all__ = ["LEAST_LANGUAGES", "Quality", "bits", "choose", "quality_note"]

# From fewer languages on, "auto" takes what was measured on the corpus.
LEAST_LANGUAGES = 5
PREFERRED = {"harness": 0, "published": 1}
Panel = tuple[str, str]


class Quality(NamedTuple):
    """One model's quality: rows of the quality table, one a text; what it is called on an axis; whose it is, in words."""

    rows: pd.DataFrame
    axis: str
    said: str


def choose(quality: pd.DataFrame, panels: Iterable[Panel], settings: Settings) -> dict[Panel, Quality]:
    """Choose the quality of each (model, corpus); those without one are left out.

    Under "auto" a model that has MMLU in at least `LEAST_LANGUAGES` languages shows it, any other shows retrieval. All MMLU
    scores are of one origin and harness: the one that covers most, a harness run before published scores.
    """
    panels = list(panels)
    quality = quality[np.isfinite(quality["value"])]
    least = LEAST_LANGUAGES if settings.quality == "auto" else 1
    scores = _one_harness(quality, {model for model, _ in panels}, least)
    found = {}
    for model, corpus in panels:
        mine = scores[scores["model"] == model]
        if settings.quality in ("auto", "mmlu") and len(mine) >= least:
            shots = mine["shots"].dropna()
            axis = "MMLU accuracy" + (f" ({shots.iloc[0]}-shot)" if shots.nunique() == 1 else "")
            whose = f"{mine['origin'].iloc[0]}, {mine['harness'].iloc[0]}" if mine["origin"].iloc[0] == "published" else \
                mine["harness"].iloc[0]  # fmt: skip
            found[model, corpus] = Quality(mine, axis, f"MMLU: {whose}.")
        elif settings.quality != "mmlu":
            name = "bpc" if settings.quality == "bpc" else "retrieval"
            of = (quality["quality"] == name) & (quality["origin"] == "measured")
            mine = quality[of & (quality["model"] == model) & (quality["corpus"] == corpus)]
            if len(mine):
                found[model, corpus] = _bits(mine) if name == "bpc" else _retrieval(mine)
    return found


def bits(quality: pd.DataFrame, panel: Panel) -> Quality | None:
    """Return the bits per character of a (model, corpus), if it has them."""
    return choose(quality, [panel], Settings(quality="bpc")).get(panel)


def quality_note(chosen: Iterable[Quality]) -> str:
    """Return one sentence for each quality shown."""
    return " ".join(dict.fromkeys(quality.said for quality in chosen))


def _one_harness(quality: pd.DataFrame, models: set[str], least: int) -> pd.DataFrame:
    """Return the MMLU scores of the origin and harness that give most models and languages."""
    scores = quality[(quality["quality"] == "mmlu") & quality["model"].isin(models)]
    sizes = scores.groupby(["origin", "harness", "model"]).size()
    covered = sizes[sizes >= least].groupby(["origin", "harness"]).sum()
    if covered.empty:
        return scores.iloc[:0]
    best = min(covered.index, key=lambda whose: (-covered[whose], PREFERRED.get(whose[0], 2), whose))
    return scores[(scores["origin"] == best[0]) & (scores["harness"] == best[1])]


def _bits(rows: pd.DataFrame) -> Quality:
    return Quality(rows, "Bits per character (lower is better)", "Bits per character: loss over characters, of the corpus.")


def _retrieval(rows: pd.DataFrame) -> Quality:
    layer = rows["source"].iloc[0].split(" of ")[0]
    said = (
        "Retrieval: share of sentences whose translation in the reference text is the nearest by cosine, at the layer that is "
        f"best on average over languages; chance is 1/n, n about {int(rows['n'].median())}."
    )
    return Quality(rows, f"Retrieval accuracy, {layer}", said)
