"""What metrics are called on an axis and how a footnote defines them."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

__all__ = ["Words", "footnote", "layer_axis", "words"]


class Words(NamedTuple):
    """A metric's words: on an axis (with unit), its definition in a sentence, and what `n` counts ("": by `over`)."""

    axis: str
    definition: str
    counted: str = ""


WORDS = {
    "id_microscope": Words(
        "Intrinsic dimension",
        "Intrinsic dimension as LLM-Microscope estimates it: TwoNN's line fitted to the lowest fifth of r2/r1.",
    ),
    "id_twonn": Words(
        "Intrinsic dimension (TwoNN)", "Intrinsic dimension by TwoNN (Facco et al. 2017), exact duplicates dropped."
    ),
    "id_microscope_difference": Words(
        "Difference of intrinsic dimension",
        "Intrinsic dimension (LLM-Microscope's) of a text less that of the reference, on the same sentences.",
        "sentences",
    ),
    "id_twonn_difference": Words(
        "Difference of intrinsic dimension (TwoNN)",
        "Intrinsic dimension (TwoNN's) of a text less that of the reference, on the same sentences.",
        "sentences",
    ),
    "id_mle": Words(
        "Intrinsic dimension (MLE)", "id_mle: maximum likelihood from 20 neighbours (Levina & Bickel 2004), duplicates dropped."
    ),
    "id_gride": Words(
        "Intrinsic dimension (Gride)",
        "Gride (Denti et al. 2022): the likelihood of the ratio of the distances to neighbours 2n and n; n = 8 in id_gride.",
    ),
    "id_pca": Words(
        "Linear dimension",
        "id_pca: participation ratio of the variances, the dimension of the linear span, not of a curved set.",
    ),
    "anisotropy": Words(
        "Anisotropy",
        "Anisotropy: the largest squared singular value's share in their sum, vectors centred; 1 = all on one line.",
    ),
    "anisotropy_uncentred": Words(
        "Anisotropy, uncentred",
        "Anisotropy: the largest squared singular value's share of their sum, not centred; 1 = all on one line.",
    ),
    "kl_mean": Words(
        "KL to {reference} (nats)",
        "KL divergence to the parallel sentence in {reference}: softmax over the dimensions of the mean token vector.",
        "sentences",
    ),
    "kl_padded": Words(
        "KL to {reference}, padded (nats)",
        "KL divergence to the parallel sentence in {reference}, token by token, both zero-padded to one length.",
        "sentences",
    ),
    "retrieval": Words(
        "Retrieval",
        "Retrieval: share of sentences whose translation in {reference} is the nearest of all by cosine (chance 1/n).",
        "sentences",
    ),
    "mexa": Words(
        "MEXA", "MEXA: share of sentences nearer to their translation than either is to any other sentence.", "sentences"
    ),
    "cka": Words(
        "CKA", "CKA: likeness of the two clouds' inner geometry, linear and debiased; about 0 for unrelated ones.", "sentences"
    ),
    "linearity": Words(
        "Linearity",
        "Linearity: 1 less the share of the next layer's variance that no linear map of this layer's vectors gives.",
    ),
    "fertility": Words("Tokens per word", "Fertility: tokens of the model's tokenizer per word of the text.", "sentences"),
    "unknown_tokens": Words(
        "Unknown tokens", "Unknown tokens: share of a text's tokens that are the tokenizer's unknown one.", "sentences"
    ),
    "bpc": Words("Bits per character", "Bits per character: summed loss over summed characters.", "sentences"),
}


def words(metric: str, reference: str = "the reference") -> Words:
    """Return a metric's words; an unknown metric is called by its name."""
    found = WORDS.get(metric) or Words(metric, f"Metric: {metric}.")
    return Words(*(part.replace("{reference}", reference) for part in found))


def layer_axis(final_norm: bool) -> str:
    """Return the layer axis's label, which says where the first and the last index are taken."""
    return f"Layer (0 = embeddings; last {'after' if final_norm else 'before'} the final norm)"


def footnote(metric: str, rows: pd.DataFrame, reference: str, *more: str) -> str:
    """Return a footnote: the definition, how many points or sentences a value rests on, and further sentences."""
    counts = rows["n"].dropna()
    if counts.empty:
        return " ".join((words(metric, reference).definition, *more))
    lowest, highest = int(counts.min()), int(counts.max())
    unit = words(metric).counted or {"token": "token vectors", "sentence": "sentences"}.get(rows["over"].iloc[0], "points")
    count = f"{lowest:,}" if lowest == highest else f"{lowest:,} to {highest:,}"
    return " ".join(filter(None, (words(metric, reference).definition, f"n = {count} {unit} a value.", *more)))
