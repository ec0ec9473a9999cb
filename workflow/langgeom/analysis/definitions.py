"""The label of each metric on an axis, and the sentence that defines it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from langgeom.analysis.rows import counted
from langgeom.metrics.catalogue import METRICS

# The intrinsic dimensions that have a paired difference of ungrammatical and correct text.
PAIRED = tuple(name.removesuffix("_difference") for name in METRICS if name.endswith("_difference"))
UNPAIRED = f"there is a paired difference of {' and '.join(PAIRED)} only; set figures.id to one of them"

# Labels of axes; a metric without one is called by its name.
AXES = {
    "id_twonn": "Intrinsic dimension (TwoNN)",
    "id_microscope": "Intrinsic dimension (LLM-Microscope)",
    "id_microscope_distinct": "Intrinsic dimension (LLM-Microscope, no copies)",
    "id_twonn_difference": "Difference of intrinsic dimension (TwoNN)",
    "id_microscope_difference": "Difference of intrinsic dimension (LLM-Microscope)",
    "id_mle": "Intrinsic dimension (MLE)",
    "id_gride": "Intrinsic dimension (Gride)",
    "id_pca": "Linear dimension",
    "anisotropy": "Anisotropy",
    "anisotropy_robust": "Anisotropy without three dimensions",
    "anisotropy_uncentred": "Anisotropy, uncentred",
    "massive_activations": "Massive activations",
    "variance_top_3": "Share of three dimensions in the variance",
    "cosine_top_3": "Share of three dimensions in the mean cosine",
    "kl_mean": "KL to {reference} (nats)",
    "kl_padded": "KL to {reference}, padded (nats)",
    "kl_positions": "KL to {reference} by position (nats)",
    "reciprocal_rank": "Mean reciprocal rank",
    "retrieval": "Retrieval",
    "mexa": "MEXA",
    "cka": "CKA",
    "mutual_knn": "Mutual nearest neighbours",
    "information_imbalance": "Imbalance to {reference}",
    "information_imbalance_reverse": "Imbalance from {reference}",
    "linearity": "Linearity",
    "lens_loss": "Loss by the head (nats)",
    "lens_entropy": "Entropy by the head (nats)",
    "lens_own": "Share of own tokens",
    "lens_reference": "Share of {reference} tokens",
    "lens_others": "Share of other tokens",
    "fertility": "Tokens per word",
    "unknown_tokens": "Unknown tokens",
    "fragment_tokens": "Fragment tokens",
    "bpc": "Bits per character",
}


class Definition(NamedTuple):
    """A metric's label on an axis (with unit), its definition in a sentence, and what `n` counts ("": as `over` says)."""

    axis: str
    sentence: str
    counted: str = ""


def definition(metric: str, reference: str = "the reference") -> Definition:
    """Return the definition of a metric, the first line of its docstring."""
    axis, known = AXES.get(metric, metric).replace("{reference}", reference), METRICS.get(metric)
    if known is None:
        return Definition(axis, f"Metric: {metric}.")
    counted = "" if known.input in ("cloud", "cloud_beside", "adjacent_layers") else "sentences"
    return Definition(axis, f"{known.about.rstrip('.')}.", counted)


def layer_axis(final_norm: bool) -> str:
    """Return the label of the layer axis, which says where the first and the last layer are taken."""
    return f"Layer (0 = embeddings; last {'after' if final_norm else 'before'} the final norm)"


def footnote(metric: str, rows: pd.DataFrame, reference: str, *more: str) -> str:
    """Return a footnote: the definition, how many points or sentences a value rests on, and further sentences."""
    known, counts = definition(metric, reference), rows["n"].dropna()
    if counts.empty:
        return " ".join((known.sentence, *more))
    unit = known.counted or {"token": "token vectors", "sentence": "sentences"}.get(rows["over"].iloc[0], "points")
    return " ".join(filter(None, (known.sentence, f"n = {counted(counts)} {unit} a value.", *more)))
