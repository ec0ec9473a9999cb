"""The directions in which the texts of a corpus differ by language alone, and what is left of a layer without them.

All is fitted to one half of the sentences (or documents) and judged on the other. The probe takes quarters: fitted to one that
is cleared of language by what is fitted to a second, it is judged on a third, cleared by what is fitted to the fourth. Else it
would find the error of what both were cleared by.

Source: Libovický et al. 2020, Findings of EMNLP, arXiv:2004.05160; Yang et al. 2021, EMNLP, arXiv:2109.04727; Chang et al.
2022, EMNLP, arXiv:2205.10964.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from langgeom.metrics import Resample
from langgeom.metrics.aligned import hits, mean_over_sentences
from langgeom.metrics.layer import EQUAL
from langgeom.metrics.resample import FEWEST, NONE, ratio

# The subspace has as few directions as hold this share of the variance between the languages' means.
HELD = 0.95
PENALTY = 0.01  # of covariances, which are often of fewer sentences than dimensions, a share of the mean variance
# A singular value below this share of the largest is rounding, and so is what is left of a whole.
ROUNDING = 1e-9


class Removal(NamedTuple):
    """What is subtracted from a text's points: an origin, [1 or texts, 1, d], and of the rest x the part x @ seen @ taken.T."""

    origin: Tensor
    seen: Tensor
    taken: Tensor

    def __call__(self, points: Tensor) -> Tensor:
        """Return the points [texts, sentences, d] without it."""
        moved = points - self.origin
        return moved - moved @ self.seen @ self.taken.T


def removals(points: Tensor) -> dict[str, Removal]:
    """Fit, to points [texts, sentences, d], the ways to take the language out of others, by name.

    - none: only the mean over all texts is subtracted, as it is in all: cosines are about that mean otherwise.
    - centring: each text's own mean is subtracted (Libovický et al. 2020).
    - projection: the subspace of the texts' means is projected off (LSAR: Xie et al. 2022, EMNLP, arXiv:2401.05792).
    - leace: of all linear maps after which no linear probe tells the texts apart, the one that moves the points least (Belrose
      et al. 2023, NeurIPS, arXiv:2306.03819, theorem 4.2).
    """
    means = points.mean(1, keepdim=True)
    centre = means.mean(0, keepdim=True)
    offsets = (means - centre)[:, 0]
    offsets = torch.where(offsets.norm() > EQUAL * centre.norm(), offsets, 0.0)  # of equal texts it is rounding
    axes = subspace(offsets)
    return {
        "none": Removal(centre, axes[:, :0], axes[:, :0]),
        "centring": Removal(means, axes[:, :0], axes[:, :0]),
        "projection": Removal(centre, axes, axes),
        "leace": Removal(centre, *leace(_covariance(points - centre), offsets)),
    }


def subspace(offsets: Tensor) -> Tensor:
    """Return the fewest orthogonal axes [d, rank] that hold `HELD` of the variance of offsets [texts, d]; none of zeros."""
    _, sizes, axes = torch.linalg.svd(offsets, full_matrices=False)
    held = sizes.square().cpu().cumsum(0)  # on a GPU sums like these are not reproducible
    return axes[: int((held < HELD * held[-1]).sum() + (held[-1] > 0))].T


def _covariance(points: Tensor) -> Tensor:
    """Return the covariance [d, d] of centred points [texts, sentences, d], with a ridge."""
    rows = points.flatten(0, 1)
    table = rows.T @ rows / len(rows)
    table.diagonal().add_((PENALTY * table.diagonal().mean()).clamp(min=1e-300))
    return table


def leace(covariance: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """Return what LEACE sees and takes, [d, rank] each: W U and W^-1 U for whitening W and axes U of the whitened offsets."""
    values, vectors = torch.linalg.eigh(covariance)
    values = values.clamp(min=1e-300).sqrt()
    axes, sizes, _ = torch.linalg.svd((offsets @ vectors / values).T, full_matrices=False)
    axes = axes[:, sizes > ROUNDING * sizes[0]]
    return vectors / values @ axes, vectors * values @ axes


def rows_of(texts: list[str], points: Tensor, reference: str, resample: Resample) -> Iterator[dict[str, Any]]:
    """Yield the rows of one layer; none for fewer than three texts, or 20 sentences or documents, or without
    the reference (which may be made from another text).

    Args:
        texts: their names.
        points: [texts, sentences, d] sentence means.
        reference: the text that others are to find their translations in.
        resample: for the intervals, and the halves. Intervals are those of the judged sentences: what was fitted stays.
    """
    if len(texts) < 3 or reference not in texts or resample.units(n := points.shape[1]) < FEWEST:
        return
    points, every = points.double(), torch.arange(n)
    halves = _halves(every, resample)
    quarters = [quarter for half in halves for quarter in _halves(half, resample)]
    of_halves, of_quarters = ([removals(points[:, part]) for part in parts] for parts in (halves, quarters))
    axes = [ways["projection"].taken for ways in of_halves]
    cosines = torch.linalg.svdvals(axes[0].T @ axes[1])  # of the principal angles
    about, counts = {"texts": len(texts), "n": n}, resample.counts(n)
    yield {**about, "metric": "rank", "value": (axes[0].shape[1] + axes[1].shape[1]) / 2}
    yield {**about, "metric": "overlap", "value": float(cosines.square().mean())}
    variance, before = points.new_zeros(2, n), points.new_zeros(n)
    for name in of_halves[0]:
        nearest, known = points.new_zeros(2, n)
        for ways, judged in zip(of_halves, reversed(halves), strict=True):
            left = ways[name](points[:, judged])
            nearest[judged] = retrieval(left, texts.index(reference))
            if name == "none":
                within = left @ ways["projection"].seen
                inside, whole = (part.square().sum((0, 2)) for part in (within, left))
                # Of as many axes as dimensions it is the whole, but for rounding.
                variance[:, judged] = torch.stack([torch.where(inside < (1 - ROUNDING) * whole, inside, whole), whole])
        for number, judged in enumerate(quarters):
            test, train = (of_quarters[number - 1 - at][name](points[:, quarters[number - at]]) for at in (0, 2))
            known[judged] = probe(train, test)
        values = {"retrieval": nearest, "probe": known}
        if name == "none":
            before = nearest
        else:
            values["retrieval_gain"] = nearest - before
        for metric, each in values.items():
            mean = mean_over_sentences(each, resample, counts, share="" if metric == "retrieval_gain" else "parts")
            low, high = mean.interval or NONE
            yield {**about, "metric": metric, "removal": name, "value": mean.value, "low": low, "high": high}
    share = ratio(variance[0], variance[1], resample, share=True)
    yield {**about, "metric": "variance_share", **{end: float(getattr(share, end)) for end in ("value", "low", "high")}}


def _halves(sentences: Tensor, resample: Resample) -> list[Tensor]:
    """Return the two halves of some sentences; documents stay whole."""
    first = resample.of(sentences.tolist()).splits(len(sentences))[0]
    return [sentences[first], sentences[~first]]


def retrieval(points: Tensor, reference: int) -> Tensor:
    """Return, of each sentence of points [texts, sentences, d], in which share of the other texts its translation in the
    reference is the nearest of the reference's by cosine, [sentences].
    """
    units = torch.nn.functional.normalize(points, dim=2, eps=1e-300)
    found = [hits(own @ units[reference].T).diagonal() for text, own in enumerate(units) if text != reference]
    return torch.stack(found).mean(0)


def probe(train: Tensor, test: Tensor) -> Tensor:
    """Return, of each tested sentence, in which share of the texts a linear probe knows the text, [tested].

    By chance 1 / texts. It is Fisher's: the nearest of the texts' means, with distances by the covariance within texts.

    Args:
        train, test: [texts, sentences, d].
    """
    means = train.mean(1)
    weights = torch.linalg.solve(_covariance(train - means[:, None]), means.T)
    scores = test @ weights - (means * weights.T).sum(1) / 2  # [texts, sentences, texts]
    return hits(scores.flatten(0, 1)).view(len(test), -1, len(test)).diagonal(dim1=0, dim2=2).mean(1)
