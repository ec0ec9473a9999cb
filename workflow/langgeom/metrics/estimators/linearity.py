"""Linearity of a layer: how well the next layer is a linear map of it."""

from __future__ import annotations

import torch
from torch import Tensor

from langgeom.metrics import Cloud, Estimate, Layer, Measured, Resample, Sentences, metric
from langgeom.metrics.numerics import ROUNDING

# Directions whose variance is below this share of the largest are left out of the map.
RANK = 1e-13
# A pivot of the normal equations below this share of x'x's trace: too near to singular for them.
SINGULAR = 1e-11
# A pivot of I - H_s below this: but for rounding, sentence s alone has some direction of the points.
ALONE = 1e-8


@metric("linearity", input="adjacent_layers")
@metric(
    "linearity_residual",
    input="adjacent_layers",
    bounds=(0, 1),
    residual=True,
    about="Linearity of what a block adds: how well the next layer less this one is a linear map of this one",
)
def linearity(points: Tensor | Cloud, *, residual: bool = False, resample: Resample | None = None) -> Estimate:
    """Linearity of a block: Procrustes similarity of successive layers, 1 - min_A |X A - Y|^2.

    X and Y are the points of a layer and of the next, each centred and divided by its Frobenius norm; A is any linear map.
    1 when the block is linear on these points. With the residual stream Y is mostly X itself, so values are near 1;
    `residual=True` takes Y less X (before centring), what the block adds. A is fitted to the same points: unrelated clouds
    get d / (n - 1), so compare at one n, well above d.

    Args:
        residual: as above.
        resample: bootstrap over sentences; the map stays that of the whole cloud, replicates are centred anew.

    Returns:
        Tensors [layers - 1], entry l for layers l and l + 1; n all points, dropped 0. NaN when n - 1 <= d (any cloud could
        be mapped exactly), or when either cloud has all points equal.

    Source: Razzhigaev et al. 2024, arXiv:2405.12250, section 3; LLM-Microscope's `procrustes_similarity`.
    """
    return Cloud.of(points).each_step(resample, lambda this, following, counts: _similarity(this, following, counts, residual))


@metric("linearity_heldout", input="adjacent_layers", bounds=(None, 1))
def linearity_heldout(points: Tensor | Cloud, *, resample: Resample | None = None) -> Estimate:
    """Linearity of a block on sentences that the map was not fitted to: 1 - |X A - Y|^2 / |Y|^2, leaving one sentence out.

    As `linearity`, but each sentence is predicted by the map and the mean of all others, and Y is taken less that mean. About 0
    or below where the next layer cannot be predicted, whatever n and d. One fit serves all sentences: the error of sentence s
    is (I - H_s)^-1 times its error under the common fit, H_s its block of the projection on X and the constant.

    Args:
        resample: bootstrap over sentences; the maps stay those of the whole cloud.

    Returns:
        Tensors [layers - 1]; n all points, dropped 0. NaN as `linearity`, and where all sentences but one do not determine the
        map: they have d + 1 points or fewer, or span less than all of them do (at layer 0 a token of one sentence may).

    Source: Allen 1974, Technometrics 16:125 (PRESS), by blocks.
    """
    return Cloud.of(points).each_step(resample, _held_out)


def _held_out(this: Layer, following: Layer, counts: Tensor | None) -> Measured:
    n, dim = this.points.shape
    sizes = torch.bincount(this.sentences.groups)
    if n - int(sizes.max()) - 1 <= dim or _flat(this, this.exact, following) or _flat(this, following.exact, following):
        return Measured.missing(n)
    y, error = following.exact, _error(this, following)
    basis = torch.cat([_basis(this), torch.full_like(y[:, :1], n**-0.5)], 1)
    parts = torch.empty((2, this.sentences.count), dtype=torch.float64, device=y.device)
    for number, rows in enumerate(this.sentences.groups.argsort(stable=True).split(sizes.tolist())):
        block = basis[rows]
        root, failed = torch.linalg.cholesky_ex(torch.eye(len(rows)).to(y) - block @ block.T)
        if int(failed) or bool(root.diagonal().square().min() < ALONE):
            return Measured.missing(n)
        apart = torch.cholesky_solve(error[rows], root)
        # The mean of the others is that of all, less this sentence's share.
        centred = y[rows] + y[rows].sum(0) / (n - len(rows))
        parts[:, number] = torch.stack([apart.square().sum(), centred.square().sum()])
    value = 1 - float(parts[0].sum() / parts[1].sum())
    draws = None
    if counts is not None:
        sums = counts.double() @ parts.T
        draws = 1 - sums[:, 0] / sums[:, 1]
    return Measured(value, draws, n, 0)


def _similarity(this: Layer, following: Layer, counts: Tensor | None, residual: bool) -> Measured:
    n, dim = this.points.shape
    # Less x, which the map fits wholly, y has the same error.
    y = following.exact - this.exact if residual else following.exact
    if n - 1 <= dim or _flat(this, this.exact, following) or _flat(this, y, following):
        return Measured.missing(n)
    error = _error(this, following)
    value = 1 - float(error.square().sum() / y.square().sum())
    return Measured(value, None if counts is None else _replicates(error, y, this.sentences, counts), n, 0)


def _flat(this: Layer, rows: Tensor, following: Layer) -> bool:
    """Return whether rows differ by rounding alone, of points as long as the layers' means."""
    longest = torch.maximum(this.mean.square().sum(), following.mean.square().sum())
    return bool(rows.square().sum() <= ROUNDING**2 * len(rows) * longest)


def _error(this: Layer, following: Layer) -> Tensor:
    """Return what the least squares map of a layer leaves of the next, [n, d] float64."""

    def compute() -> Tensor:
        basis, y = _basis(this), following.exact
        return y - basis @ (basis.T @ y)

    return this.once(("error", following), compute)


def _basis(layer: Layer) -> Tensor:
    """Return an orthonormal basis [n, rank] of the columns of the centred points, float64.

    By the Cholesky factor of their Gram matrix where that is far enough from singular, in a third of the time of its
    eigenvectors, which serve where a layer spans less than its dimensions.
    """

    def compute() -> Tensor:
        x = layer.exact
        gram = x.T @ x
        size = gram.diagonal().sum()
        root, failed = torch.linalg.cholesky_ex(gram)
        if not int(failed) and bool(root.diagonal().square().min() > SINGULAR * size):
            basis = torch.linalg.solve_triangular(root, x.T, upper=False).T
        else:
            values, vectors = torch.linalg.eigh(gram / size)
            held = values > RANK * values[-1]
            basis = x @ (vectors[:, held] / (values[held] * size).sqrt())
        # It is orthonormal but for rounding along its least directions; its own Gram matrix mends that.
        root = torch.linalg.cholesky(basis.T @ basis)
        return torch.linalg.solve_triangular(root, basis.T, upper=False).T

    return layer.once("basis", compute)


def _replicates(error: Tensor, y: Tensor, sentences: Sentences, counts: Tensor) -> Tensor:
    """Return 1 - the error's share in y's scatter, both about the replicate's own mean, [replicates]."""
    drawn = counts.double()

    def sums(rows: Tensor) -> Tensor:
        return drawn @ sentences.sums(rows)

    number = sums(torch.ones_like(y[:, :1]))[:, 0]

    def scatter(rows: Tensor) -> Tensor:
        return sums(rows.square().sum(1, keepdim=True))[:, 0] - sums(rows).square().sum(1) / number

    shares = 1 - scatter(error) / scatter(y)
    return torch.where(shares.isfinite(), shares, torch.nan)
