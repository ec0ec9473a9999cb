"""Retrieval and MEXA: how near a sentence's translation is among all sentences."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, metric
from langgeom.metrics.aligned import TIE, Direction, cosines, each_pair, hits, in_direction, mean_over_pairs, paired
from langgeom.metrics.numerics import sorted_rows


@metric(
    "retrieval",
    input="aligned_sentences",
    bounds=(0, 1),
    reverse="Retrieval of the text's sentence by its translation in the reference: accuracy at 1",
)
def retrieval(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    direction: Direction = "to_reference",
    resample: Resample | None = None,
) -> Estimate:
    """Retrieval of a sentence's translation among all of the reference: accuracy at 1, by cosine.

    The share of sentences x_i whose cosine with their own translation y_i is the largest among all y_j; where t sentences
    tie for it, i among them, 1/t counts. Chance is 1/n, so values compare only at equal n. Not centred.

    Args:
        direction: `to_reference` looks for x_i's translation among all y; `from_reference` for y_i's among all x.
        resample: for Wilson's interval of a share; the candidates stay all sentences.

    Returns:
        The accuracy, n the sentences, dropped 0.

    Source: Artetxe & Schwenk 2019, TACL, arXiv:1812.10464, section 4.3 (Tatoeba).
    """
    in_direction(direction, 0, 1)

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        table = cosines(x, y) if direction == "to_reference" else cosines(x, y).T
        return mean_over_pairs(paired(hits(table), x, resample), resample, counts, share="hits")

    return each_pair(points, reference, resample, measure)


@metric("reciprocal_rank", input="aligned_sentences", bounds=(0, 1))
def reciprocal_rank(points: Tensor | Cloud, reference: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Mean reciprocal rank of a sentence's translation among all of the reference, by cosine.

    As `retrieval`, but a near miss counts: 1 where the translation is the nearest, 1/2 where it is the second, and so on.
    Sentences that tie share their mean rank. By chance it is about (ln n + 0.58) / n. Values compare at equal n.

    Returns:
        The mean, n the sentences, dropped 0.

    Source: Voorhees 1999, TREC-8.
    """

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        table = cosines(x, y)
        own, ascending = paired(table, x, resample), sorted_rows(table)
        # How many cosines are below it, and how many are not above.
        below, up_to = (torch.searchsorted(ascending, own + tie, right=tie > 0) for tie in (-TIE, TIE))
        return mean_over_pairs(2 / (2 * len(table) - below - up_to + 1).double(), resample, counts, share="parts")

    return each_pair(points, reference, resample, measure)


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
        # Only what exceeds the second of its row and column is above all others there.
        row, column = (table.topk(2, side).values.select(side, 1).unsqueeze(side) for side in (1, 0))
        found = (table > torch.maximum(row, column) + TIE).double()
        return mean_over_pairs(paired(found, x, resample), resample, counts, share="hits")

    return each_pair(points, reference, resample, measure)
