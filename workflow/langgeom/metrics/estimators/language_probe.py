"""A linear probe of the language: how well a hyperplane tells a text's sentences from their translations."""

from __future__ import annotations

import math
from numbers import Real

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, MetricError, Resample, metric
from langgeom.metrics.aligned import each_pair, mean_over_sentences
from langgeom.metrics.estimate import whole


@metric("language_probe", input="aligned_sentences", bounds=(0, 1))
def language_probe(
    points: Tensor | Cloud,
    reference: Tensor | Cloud,
    *,
    folds: int = 5,
    penalty: float = 0.01,
    seed: int = 0,
    resample: Resample | None = None,
) -> Estimate:
    """Accuracy of a linear probe that tells the text from the reference, on sentences it was not fitted to.

    Pairs of translations are dealt into folds at random; a pair is never split, so the probe cannot know a test sentence by
    its translation. For each fold, ridge regression on the others, with targets 1 for the text and -1 for the reference,
    centred, penalty `penalty` times the trace of the scatter matrix over its rank at most; a sentence of the fold is right
    when its prediction has the right sign, half right at 0. 0.5 is chance: no linear trace of the language. Near 1 for most
    layers of most models, and higher for larger d / n.

    Args:
        folds: at least 2; at most as many as there are pairs.
        penalty: of the ridge, above 0.
        resample: for Wilson's interval of a share, of the sentences of both texts; the probes stay those fitted to the whole.

    Returns:
        Accuracy, n the pairs, dropped 0. NaN for fewer pairs than folds, or when all points are equal.

    Source: Alain & Bengio 2016, arXiv:1610.01644; ridge classifier: Hastie, Tibshirani, Friedman, The Elements of
    Statistical Learning, 2nd ed., section 4.2.
    """
    folds, seed = whole("folds", folds, 2), whole("seed", seed, 0)
    if not isinstance(penalty, Real) or not 0 < penalty < math.inf:
        raise MetricError(f"penalty is {penalty!r}; it must be a finite number above 0")

    def measure(x: Layer, y: Layer, counts: Tensor | None) -> Measured:
        n = len(x.points)
        both = torch.stack([x.points.double(), y.points.double()])
        both = both - both.mean((0, 1))
        size = float(both.abs().max())
        if n < folds or size <= 1e-13 * float(torch.maximum(x.mean.abs().max(), y.mean.abs().max())):
            return Measured.missing(n)
        both = _rotated(both / size)
        places = torch.randperm(n, generator=torch.Generator().manual_seed(seed)).to(both.device) % folds
        right = torch.zeros((2, n), dtype=torch.float64, device=both.device)
        for fold in range(folds):
            held = places == fold
            side = _predict(both[:, ~held], both[:, held], penalty)
            right[:, held] = (side * torch.tensor([[1.0], [-1.0]]).to(side)).sign() / 2 + 0.5
        return mean_over_sentences(right, resample, counts, share="hits")

    return each_pair(points, reference, resample, measure)


def _rotated(both: Tensor) -> Tensor:
    """Return [2, n, d] in at most 2 n coordinates, distances kept: the probe costs the third power of their number."""
    _, n, dim = both.shape
    if dim <= 2 * n:
        return both
    return torch.linalg.qr(both.reshape(2 * n, dim).T).R.T.reshape(2, n, -1)


def _predict(train: Tensor, test: Tensor, penalty: float) -> Tensor:
    """Return the ridge prediction [2, tested] of the language (1 for the first, -1 for the second)."""
    _, n, dim = train.shape
    centre = train.mean((0, 1))
    rows = (train - centre).reshape(2 * n, dim)
    scatter = rows.T @ rows
    ridge = penalty * scatter.trace() / min(dim, 2 * n - 1)
    scatter.diagonal().add_(ridge.clamp(min=1e-300))
    target = rows[:n].sum(0) - rows[n:].sum(0)
    return (test - centre) @ torch.cholesky_solve(target[:, None], torch.linalg.cholesky(scatter))[:, 0]
