"""A page made of made-up numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from figures.synthetic import synthetic
from langgeom.explorer import render
from langgeom.languages import language
from langgeom.table import ALIGNED, METRICS, PAIRS, QUALITY, TEXTS, TOKENS, read_table, write_rows

MODELS = ("gemma-3-270m", "gemma-3-270m-untrained", "minilm-l6")
SETTINGS: dict[str, Any] = {"reference": "eng_Latn", "first": "id_microscope", "final_norm": True, "sentences": 4}
HOSTILE = "</script><img src=x onerror=window.hurt=1><!-- “ %s & \u2028 \u202e"


@dataclass
class Made:
    """A page, and what it was made from."""

    page: Path
    metrics: pd.DataFrame
    texts: pd.DataFrame
    quality: pd.DataFrame
    pairs: pd.DataFrame
    aligned: pd.DataFrame
    tokens: pd.DataFrame
    lines: dict[tuple[str, str], list[str]]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{key: None if pd.isna(value) else value for key, value in row.items()} for row in table.to_dict("records")]


def pairs(texts: Sequence[str], layers: Mapping[str, Sequence[int]], seed: int = 0) -> list[dict[str, Any]]:
    """Return rows of `table.PAIRS`: in three dimensions texts of a family lie together, and move from layer to layer."""
    noise = np.random.default_rng(seed)
    families = {family: noise.normal(size=3) for family in dict.fromkeys(language(text[:3]).family for text in texts)}
    places, rows = np.stack([families[language(text[:3]).family] for text in texts]), []
    for model, numbers in layers.items():
        for layer in numbers:
            points = places + noise.normal(scale=0.4, size=places.shape)
            cosines = np.cos(np.linalg.norm(points[:, None] - points, axis=2) / 4)
            for a, text in enumerate(texts):
                for b in range(a + 1, len(texts)):
                    about = {"model": model, "kind": "encoder", "init": "trained", "corpus": "udhr", "layer": layer, "n": 58}
                    row = {**about, "text": text, "other": texts[b], "value": cosines[a, b]}
                    rows.append({**row, "metric": "cka", "low": cosines[a, b] - 0.05, "high": (1 + cosines[a, b]) / 2})
                    rows.append({**row, "metric": "mutual_knn"})
    return rows


def make(folder: Path, library: Path) -> Made:
    """Make a page of three models and 24 texts with all tables, a text lacking values, and a hostile sentence."""
    noise = np.random.default_rng(3)
    metrics = synthetic(MODELS)
    lacking = (metrics["text"] == "tha_Thai") & (metrics["metric"] == "id_twonn") & (metrics["layer"] > 2)
    metrics.loc[lacking, ["value", "low", "high"]] = np.nan
    # Duplicates make the embeddings' intrinsic dimension explode in real runs.
    embeddings = (metrics["metric"] == "id_microscope") & (metrics["layer"] == 0)
    metrics.loc[embeddings, ["value", "low", "high"]] *= 40
    metrics.loc[embeddings, "n"] = 85
    few = (metrics["metric"] == "id_microscope") & (metrics["text"] == "hin_Deva") & (metrics["layer"] == 3)
    metrics.loc[few, "n"] = 99
    zero = (metrics["metric"] == "kl_mean") & (metrics["text"] == "fin_Latn") & (metrics["layer"] == 3)
    metrics.loc[zero, ["value", "low", "high"]] = 0.0
    names = metrics[["text", "lang", "script"]].drop_duplicates()
    named = names.to_dict("records")
    measured = {"corpus": "udhr", "n": 60}
    texts = [{**row, **measured, "measure": "characters_per_word", "value": noise.uniform(2, 9)} for row in named]
    measured |= {"quality": "retrieval", "origin": "measured"}
    quality = [{**row, **measured, "model": model, "value": noise.uniform(0, 1)} for model in MODELS for row in named]
    premiums = metrics[metrics["metric"] == "bpc"].assign(metric="token_premium", low=np.nan, high=np.nan)
    metrics = pd.concat([metrics, premiums.assign(value=noise.uniform(1, 4, len(premiums)))], ignore_index=True)
    compared = pairs(list(names["text"]), {"gemma-3-270m": (0, 9, 18), "minilm-l6": (0, 3, 6)})
    lines = {("udhr", text): [f"{text} sentence {number}" for number in range(30)] for text in names["text"]}
    lines["udhr", "arb_Arab"][7] = HOSTILE.replace("\u2028", "")
    lines["udhr", "arb_Arab"][8] = "لكل فرد حق التمتع بجنسية ما."
    aligned = [
        {"model": model, "corpus": "udhr", "text": text, "line": line, "layer": 3, "cosine": noise.uniform(-0.2, 0.9)}
        for model in MODELS[::2]
        for text in names["text"]
        for line in range(30)
    ]
    for row in aligned:
        row["cosine"] = {("arb_Arab", 7): 0.97, ("arb_Arab", 8): -0.9}.get((row["text"], row["line"]), row["cosine"])
    about = [(model, text, layer) for model in MODELS[::2] for text in ("eng_Latn", "arb_Arab") for layer in (2, 3, 5)]
    tokens = [
        {"model": model, "corpus": "udhr", "text": text, "layer": layer, "line": line, "place": place, "end": end,
         "dimension": None if place == 0 else noise.lognormal(2, 0.5)}
        for model, text, layer in about
        for line in (3, 7, 8)
        for place, end in enumerate([*range(4, len(lines["udhr", text][line]), 4), *[len(lines["udhr", text][line])] * 2])
    ]  # fmt: skip
    files = {}
    for (corpus, text), sentences in lines.items():
        files[corpus, text] = folder / f"{text}.txt"
        files[corpus, text].write_text("\n".join(sentences) + "\n", encoding="utf-8")
    tables = []
    for fmt, rows in (
        (METRICS, records(metrics)),
        (TEXTS, texts),
        (QUALITY, quality),
        (PAIRS, compared),
        (ALIGNED, aligned),
        (TOKENS, tokens),
    ):
        tables.append(folder / f"{fmt.name.split()[0]}.parquet")
        write_rows(rows, tables[-1], fmt)
    page = folder / "explorer.html"
    render(page, library, *tables[:4], tables[4:5], tables[5:], files, **SETTINGS)
    read = (read_table(path, fmt) for path, fmt in zip(tables, (METRICS, TEXTS, QUALITY, PAIRS, ALIGNED, TOKENS), strict=True))
    return Made(page, *read, lines)
