"""The label of each metric on an axis, and the sentence that defines it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from langgeom.analysis.rows import counted


class Definition(NamedTuple):
    """A metric's label on an axis (with unit), its definition in a sentence, and what `n` counts ("": as `over` says)."""

    axis: str
    sentence: str
    counted: str = ""


DEFINITIONS = {
    "id_microscope": Definition(
        "Intrinsic dimension",
        "Intrinsic dimension as LLM-Microscope estimates it: TwoNN's line fitted to the lowest fifth of r2/r1.",
    ),
    "id_twonn": Definition(
        "Intrinsic dimension (TwoNN)", "Intrinsic dimension by TwoNN (Facco et al. 2017), exact duplicates dropped."
    ),
    "id_microscope_difference": Definition(
        "Difference of intrinsic dimension",
        "Intrinsic dimension (LLM-Microscope's) of a text less that of the reference, on the same sentences.",
        "sentences",
    ),
    "id_twonn_difference": Definition(
        "Difference of intrinsic dimension (TwoNN)",
        "Intrinsic dimension (TwoNN's) of a text less that of the reference, on the same sentences.",
        "sentences",
    ),
    "id_mle": Definition(
        "Intrinsic dimension (MLE)", "id_mle: maximum likelihood from 20 neighbours (Levina & Bickel 2004), duplicates dropped."
    ),
    "id_gride": Definition(
        "Intrinsic dimension (Gride)",
        "Gride (Denti et al. 2022): the likelihood of the ratio of the distances to neighbours 2n and n; n = 8 in id_gride.",
    ),
    "id_pca": Definition(
        "Linear dimension",
        "id_pca: participation ratio of the variances, the dimension of the linear span, not of a curved set.",
    ),
    "anisotropy": Definition(
        "Anisotropy",
        "Anisotropy: the largest squared singular value's share in their sum, vectors centred; 1 = all on one line.",
    ),
    "anisotropy_uncentred": Definition(
        "Anisotropy, uncentred",
        "Anisotropy: the largest squared singular value's share of their sum, not centred; 1 = all on one line.",
    ),
    "kl_mean": Definition(
        "KL to {reference} (nats)",
        "KL divergence to the parallel sentence in {reference}: softmax over the dimensions of the mean token vector.",
        "sentences",
    ),
    "kl_padded": Definition(
        "KL to {reference}, padded (nats)",
        "KL divergence to the parallel sentence in {reference}, token by token, both zero-padded to one length.",
        "sentences",
    ),
    "retrieval": Definition(
        "Retrieval",
        "Retrieval: share of sentences whose translation in {reference} is the nearest of all by cosine (chance 1/n).",
        "sentences",
    ),
    "mexa": Definition(
        "MEXA", "MEXA: share of sentences nearer to their translation than either is to any other sentence.", "sentences"
    ),
    "cka": Definition(
        "CKA", "CKA: likeness of the two clouds' inner geometry, linear and debiased; about 0 for unrelated ones.", "sentences"
    ),
    "linearity": Definition(
        "Linearity",
        "Linearity: 1 less the share of the next layer's variance that no linear map of this layer's vectors gives.",
    ),
    "fertility": Definition("Tokens per word", "Fertility: tokens of the model's tokenizer per word of the text.", "sentences"),
    "unknown_tokens": Definition(
        "Unknown tokens", "Unknown tokens: share of a text's tokens that are the tokenizer's unknown one.", "sentences"
    ),
    "bpc": Definition("Bits per character", "Bits per character: summed loss over summed characters.", "sentences"),
}


def definition(metric: str, reference: str = "the reference") -> Definition:
    """Return the definition of a metric; a metric without one is called by its name."""
    known = DEFINITIONS.get(metric) or Definition(metric, f"Metric: {metric}.")
    return Definition(*(part.replace("{reference}", reference) for part in known))


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
