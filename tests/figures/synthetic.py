"""A table of metrics as a whole run would give it, made up from a seed: 6 models, 24 texts, all that figures draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from langgeom.names import TextName
from langgeom.table import METRICS, Format
from langgeom.table import TEXTS as TEXT_MEASURES
from langgeom.words import UNSPACED

# Model -> kind, init, number of layers including the embedding.
MODELS = {
    "gemma-3-270m": ("decoder", "trained", 19),
    "gemma-3-270m-untrained": ("decoder", "untrained", 19),
    "smollm2-135m": ("decoder", "trained", 31),
    "smollm2-135m-untrained": ("decoder", "untrained", 31),
    "minilm-l6": ("encoder", "trained", 7),
    "minilm-l6-untrained": ("encoder", "untrained", 7),
}
TEXTS = [
    "eng_Latn", "spa_Latn", "ast_Latn", "rus_Cyrl", "bel_Cyrl", "tur_Latn", "crh_Latn", "fin_Latn",
    "arb_Arab", "hin_Deva", "tha_Thai", "vie_Latn", "jpn_Jpan", "swh_Latn", "mly_Latn", "mly_Arab",
    "uig_Latn", "uig_Arab", "azj_Latn", "azj_Cyrl", "srp_Latn", "srp_Cyrl", "cmn_Hans", "cmn_Hant",
]  # fmt: skip


def _curves(kind: str, init: str, depth: np.ndarray, shift: float, latin: bool) -> dict[tuple[str, str], np.ndarray]:
    """Return value by layer for each (metric, over), shaped like what such models show."""
    trained = init == "trained"
    hump = np.sin(np.pi * depth**0.8)
    dimension = (9 if kind == "encoder" else 12) + shift + (7 * hump if trained else 3 - 2 * depth) + 0.8 * latin
    if trained and kind == "decoder":
        anisotropy = 0.06 + 0.8 / (1 + np.exp(-14 * (depth - 0.18))) - 0.5 * depth**8 + 0.02 * shift
    else:
        anisotropy = 0.05 + 0.03 * depth + 0.006 * (shift + 3) + 0.02 * latin
    divergence = (0.02 + (0.4 if trained else 0.05) * depth**2) * np.exp(0.25 * shift + 0.3 * latin)
    return {
        ("id_microscope", "token"): dimension,
        ("id_twonn", "token"): 0.9 * dimension,
        ("anisotropy", "token"): np.clip(anisotropy, 0.01, 0.99),
        ("anisotropy", "sentence"): np.clip(anisotropy / 2, 0.01, 0.99),
        ("kl_mean", "sentence"): divergence,
        ("kl_padded", "token"): 3 * divergence + 0.05,
    }


def synthetic(
    models: Iterable[str] = tuple(MODELS), texts: Iterable[str] = tuple(TEXTS), corpus: str = "udhr", seed: int = 0
) -> pd.DataFrame:
    """Return a typed table of metric rows of these models and texts."""
    noise = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for model in models:
        kind, init, layers = MODELS[model]
        for text in texts:
            name = TextName.parse(text)
            base = dict(model=model, kind=kind, init=init, corpus=corpus, text=text, lang=name.lang, script=name.script)
            shift = noise.normal(0, 1.2)
            for (metric, over), curve in _curves(kind, init, np.linspace(0, 1, layers), shift, name.script == "Latn").items():
                if metric.startswith("kl") and text == "eng_Latn":
                    curve = np.zeros(layers)
                values = curve * (1 + noise.normal(0, 0.01, layers))
                for layer, value in enumerate(values):
                    rows.append(
                        base
                        | dict(layer=layer, metric=metric, over=over, value=value, low=value * 0.95, high=value * 1.05)
                        | dict(n=int(noise.integers(1700, 2049)) if over == "token" else 58, dropped=0)
                    )
            bits = noise.uniform(1, 3)
            rows.append(base | dict(layer=None, metric="bpc", over="text", value=bits, low=bits, high=bits, n=58, dropped=0))
    return _typed(rows, METRICS)


def synthetic_texts(texts: Iterable[str] = tuple(TEXTS), corpus: str = "udhr", seed: int = 0) -> pd.DataFrame:
    """Return a typed table of the measures of these texts; those in scripts without spaces have no value."""
    noise = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for text in texts:
        name = TextName.parse(text)
        base = dict(corpus=corpus, text=text, lang=name.lang, script=name.script)
        for measure, (low, high) in {"morphemes_per_word": (1.1, 2.0), "mattr": (0.4, 0.7)}.items():
            value = noise.uniform(low, high) if name.script not in UNSPACED else np.nan
            rows.append(base | dict(measure=measure, value=value, low=value * 0.98, high=value * 1.03, n=1500))
    return _typed(rows, TEXT_MEASURES)


def _typed(rows: list[dict[str, Any]], of: Format) -> pd.DataFrame:
    return pd.DataFrame({key: pd.Series([row.get(key) for row in rows], dtype=dtype) for key, dtype in of.columns.items()})
