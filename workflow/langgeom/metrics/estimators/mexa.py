"""MEXA: how often a sentence and its translation are each other's nearest."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.aligned import TIE, cosines, each_pair, mean_over_sentences


@metric("mexa", input="aligned_sentences", bounds=(0, 1))
def mexa(points: Tensor | Cloud, reference: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """MEXA alignment: the share of sentences whose translation is nearer than any other sentence of either language.

    With c_ij the cosine of x_i and y_j, the share of i with c_ii > c_ij and c_ii > c_ji for all j other than i. Never above
    `retrieval` of either direction; ties count as missed; chance is about 1 / (2 n - 1). The paper pools a decoder's tokens
    with weights growing with position; here it takes the sentence means it is given.

    Args:
        resample: for Wilson's interval of a share; the others that a sentence is compared with stay all sentences.

    Returns:
        The share, n the sentences, dropped 0. NaN for one sentence, which has nothing to be compared with.

    Source: Kargaran et al. 2024, arXiv:2410.05873, section 3.
    """

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        table = cosines(x, y)
        if len(table) < 2:
            return Measured.missing(len(table))
        others = table.clone().fill_diagonal_(-torch.inf)
        hits = table.diagonal() > torch.maximum(others.amax(0), others.amax(1)) + TIE
        return mean_over_sentences(hits, resample, counts, share="hits")

    return each_pair(points, reference, resample, measure)
