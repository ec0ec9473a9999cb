"""All pairs of texts of one model and corpus at a few layers, compared on the sentences that all of these texts have.

`measure` leaves the sentence means of these layers in results/hidden. A layer is one walk over them: products of all texts with
all texts, but for retrieval, which takes a product of sentences with sentences for each pair.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from langgeom import subspaces
from langgeom.analysis.space import DRAWN, SUPPORT, angles, by_pair, support, tree
from langgeom.device import pick_device, reproducible
from langgeom.errors import UserError
from langgeom.hidden.states import read_hidden
from langgeom.metrics import Resample
from langgeom.metrics.aligned import TIE
from langgeom.metrics.estimators.cka import Hsic, formula, ratio, replicates
from langgeom.metrics.estimators.neighbourhoods import middle_ranks, nearest_shares
from langgeom.metrics.resample import FEWEST
from langgeom.models.manifest import layers_at, read_manifest
from langgeom.names import made_from
from langgeom.table import PAIRS, SUBSPACES, tables_of, write_rows

log = logging.getLogger(__name__)
NEIGHBOURS = 10
LEAST = 5  # sentences; CKA needs as many
PIECE = 1 << 22  # numbers of a block of rows
NO_DISTANCE = 1e-12  # squared
# A text against another is not the other against it.
DIRECTED = ("retrieval", "information_imbalance")


def pairs_job(
    model: Path, corpus: str, listings: Sequence[Path], reference: str, depths: Sequence[float], bootstrap: Mapping[str, Any],
    seed: int, out: Path, out_subspaces: Path, documents: Path | None = None,
) -> None:  # fmt: skip
    """Compare all pairs of texts at some depths of a model, and write the rows of `table.PAIRS` and `table.SUBSPACES`.

    Args:
        model: the prepared model's folder.
        listings: those of the measured batches of the corpus; they name the files of sentence means.
        reference: the text that others are compared with.
        depths: the layers, from 0 (embeddings) to 1 (last layer).
        bootstrap, seed: of the intervals.
        documents: file with the document of each line of the corpus; None where none is known.

    Raises:
        UserError: a listing or a file of sentence means is missing or damaged, or has values that are not finite.
    """
    manifest = read_manifest(model)
    layers, count = layers_at(depths, manifest["layers"]), manifest["layers"] + 1
    states = {path.stem: read_hidden(path) for path in sorted(tables_of(listings, "hidden"))}
    lines = common(list(states), [some.sentence_line.numpy() for some in states.values()])
    names = documents.read_text(encoding="utf-8").split("\n") if documents else []
    resample = Resample(**bootstrap, seed=seed, documents=[names[line] for line in lines] if names else ())
    about = {"model": manifest["name"], "kind": manifest["kind"], "init": manifest["init"], "corpus": corpus}
    rows, spaces = list[dict[str, Any]](), list[dict[str, Any]]()
    languages = [at for at, name in enumerate(states) if made_from(name) is None]
    device = pick_device()
    places = [torch.from_numpy(np.searchsorted(some.sentence_line.numpy(), lines)) for some in states.values()]
    with reproducible(device):
        for index, layer in enumerate(layers):
            points = torch.stack([
                some.sentence[layer if len(some.sentence) == count else index][at].to(device)
                for some, at in zip(states.values(), places, strict=True)
            ]) if states else torch.empty(0)  # fmt: skip
            if bad := [name for name, cloud in zip(states, points, strict=True) if not cloud.isfinite().all()]:
                raise UserError(f"layer {layer} of {', '.join(bad)} has NaN or infinite values: set hidden.dtype to float32.")
            named = [list(states)[at] for at in languages]
            for place in (device, "cpu"):
                try:
                    pairs = rows_of(list(states), points.to(place), resample)
                    subspace = list(subspaces.rows_of(named, points[languages].to(place), reference, resample))
                    break
                except torch.OutOfMemoryError:
                    log.warning("layer %d does not fit the GPU's memory and is compared on the CPU", layer)
            rows += [{**about, "layer": layer, **row} for row in pairs]
            spaces += [{**about, "layer": layer, **row} for row in subspace]
            log.info("%d of %d layers: %d texts on %d sentences", index + 1, len(layers), len(states), len(lines))
    write_rows(rows, out, PAIRS)
    write_rows(spaces, out_subspaces, SUBSPACES)


def common(texts: Sequence[str], lines: Sequence[np.ndarray]) -> np.ndarray:
    """Return the lines that all texts have, of the ascending line numbers of each, ascending.

    Where they are few, the log names the text that costs the others most.
    """
    found, times = np.unique(np.concatenate([np.empty(0, np.int64), *lines]), return_counts=True)
    shared = found[times == len(texts)]
    if texts and len(shared) < FEWEST:
        gains = [int((~np.isin(found[times == len(texts) - 1], own)).sum()) for own in lines]
        worst = int(np.argmax(gains))
        log.warning(
            "all %d texts share %d lines, too few for intervals; without %s they would share %d: complete it, or leave it out",
            len(texts), len(shared), texts[worst], len(shared) + gains[worst],
        )  # fmt: skip
    return shared


def rows_of(texts: Sequence[str], points: Tensor, resample: Resample) -> list[dict[str, Any]]:
    """Return the rows of one layer, from sentence means [texts, sentences, d]: each two texts once, in order, and twice where
    directions differ; with intervals for what figures draw.
    """
    if len(texts) < 2:
        return []
    sentences = points.shape[1]
    tables, draws = compare(points, resample)
    if draws is not None:
        tables[SUPPORT] = _support(texts, tables[DRAWN].numpy(), draws.numpy())
    rows = []
    for metric, table in tables.items():
        values = table.tolist()
        for a, b in np.argwhere(~np.eye(len(texts), dtype=bool)):
            if a < b or metric in DIRECTED:
                row = {"text": texts[a], "other": texts[b], "metric": metric, "value": values[a][b], "n": sentences}
                if metric == DRAWN and draws is not None and values[a][b] == values[a][b]:
                    ends = resample.moved(values[a][b], draws[:, a, b], sentences, signed=True)
                    row["low"], row["high"] = (min(max(end, -1.0), 1.0) for end in ends)  # NaN stays
                rows.append(row)
    return rows


def _support(texts: Sequence[str], similarity: np.ndarray, draws: np.ndarray) -> Tensor:
    """Return how often trees of resampled sentences have the smallest cluster that holds two texts, [texts, texts].

    Texts that are made from others are in no tree. NaN for them, where all texts are the smallest, and for lack of values.
    """
    found = np.full_like(similarity, np.nan)
    drawn = np.ix_(*[[at for at, text in enumerate(texts) if made_from(text) is None]] * 2)
    known = [some[drawn] for some in (similarity, *draws) if np.isfinite(some[drawn]).all()]
    if len(similarity[drawn]) > 2 and len(known) > 1 and np.isfinite(similarity[drawn]).all():
        own, *others = (tree(angles(some)) for some in known)
        found[drawn] = by_pair(own, support(own, others))
    return torch.from_numpy(found)


def compare(points: Tensor, resample: Resample | None = None) -> tuple[dict[str, Tensor], Tensor | None]:
    """Compare all pairs of texts by their sentence means [texts, sentences, d].

    Args:
        resample: the bootstrap of CKA, of first order, with the same draws of sentences for all pairs.

    Returns:
        By metric [texts, texts] float64, row a and column b for text a against text b, on the CPU; all values are missing for
        fewer than 5 sentences. And the replicates of CKA, [replicates, texts, texts]; None without a bootstrap, or with fewer
        than 20 sentences or documents.
    """
    points = points.double()
    texts, n = points.shape[:2]
    if n < LEAST:
        missing = torch.full((texts, texts), torch.nan, dtype=torch.float64)
        return dict.fromkeys((DRAWN, "mutual_knn", "information_imbalance", "retrieval", "centroid_cosine"), missing), None
    # Centred, and each cloud of one size: no metric below minds, and products round less.
    means = points.mean(1, keepdim=True)
    clouds = points - means
    size = clouds.square().sum(2).mean(1).sqrt()
    clouds /= torch.where(size > 1e-13 * means[:, 0].norm(dim=1), size, torch.inf)[:, None, None]
    norms = clouds.square().sum(2)
    # [sentences, texts, texts]: of each sentence the row of K L, and of K L 1, for the kernels of text a and text b.
    products, crossed = points.new_zeros(2, n, texts, texts)
    shared, ranks = points.new_zeros(2, texts, texts)
    for rows in torch.arange(n, device=points.device).split(max(1, PIECE // (texts * n))):
        gram = clouds[:, rows] @ clouds.mT  # [texts, rows, sentences]
        squares = norms[:, rows, None] + norms[:, None] - 2 * gram
        own = rows[None, :, None].expand(texts, -1, 1)
        # Of clouds of size 1: what is nearer is equal but for rounding.
        table = middle_ranks(squares.masked_fill_(squares < NO_DISTANCE, 0).scatter_(2, own, torch.inf))
        if n > NEIGHBOURS + 1:
            near = nearest_shares(table, NEIGHBOURS).flatten(1).double()
            shared += near @ near.T
        first = (table == table.amin(2, keepdim=True)).double()
        ranks += first.div_(first.sum(2, keepdim=True)).flatten(1) @ table.double().flatten(1).T
        kernel = gram.scatter_(2, own, 0).transpose(0, 1)
        products[rows] = kernel @ kernel.mT
        crossed[rows] = -(kernel @ norms.T)  # the kernels' row sums are -norms, since the clouds are centred
    kept = shared / (n * NEIGHBOURS) if n > NEIGHBOURS + 1 else torch.full_like(shared, torch.nan)
    tables = {"mutual_knn": kept, "information_imbalance": ranks / n**2}
    hsic = _hsic(products, crossed, -norms)
    counts = None if resample is None or resample.units(n) < FEWEST else resample.counts(n).to(points.device)
    tables[DRAWN], draws = _cka(hsic, counts)
    tables |= {"retrieval": retrieval(points), "centroid_cosine": centroid_cosine(means[:, 0])}
    return {name: table.cpu() for name, table in tables.items()}, None if draws is None else draws.cpu()


def _hsic(products: Tensor, crossed: Tensor, sums: Tensor) -> Hsic:
    """Return the unbiased HSIC of all pairs of kernels, [texts, texts], and without each sentence."""
    n = len(products)
    trace, all_sums, each = products.sum(0), sums.sum(1), sums.T[:, :, None]
    both = sums @ sums.T
    whole = formula(trace, all_sums[:, None], all_sums[None], both, n)
    both_without = both - each * each.mT - crossed - crossed.mT + products
    rest = all_sums[:, None] - 2 * each
    return Hsic(whole, formula(trace - 2 * products, rest, rest.mT, both_without, n - 1))


def _cka(hsic: Hsic, counts: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Return CKA [texts, texts], and its replicates."""

    def of(table: Tensor) -> Tensor:
        own = table.diagonal(dim1=-2, dim2=-1)
        return ratio(table, own[..., :, None], own[..., None, :])

    if counts is None:
        return of(hsic.whole), None
    flat = Hsic(hsic.whole.flatten(), hsic.without.flatten(1))
    return of(hsic.whole), of(replicates(flat, counts).unflatten(1, hsic.whole.shape))


def retrieval(points: Tensor) -> Tensor:
    """Return, for texts [texts, sentences, d], the share of a's sentences whose translation is the nearest of b's by cosine.

    As the metric `retrieval`: [texts a, texts b] float64, not centred.
    """
    units = torch.nn.functional.normalize(points, dim=2, eps=1e-300)
    found = points.new_ones(len(points), len(points))
    for a, ours in enumerate(units):
        for b in range(a + 1, len(units)):
            table = ours @ units[b].T
            for (one, other), way in (((a, b), table), ((b, a), table.T)):
                best = way >= way.amax(1, keepdim=True) - TIE  # as `aligned.hits`, of translations alone
                found[one, other] = (best.diagonal() / best.sum(1).double()).mean()
    return found


def centroid_cosine(means: Tensor) -> Tensor:
    """Return the cosines of texts' mean vectors [texts, d], less the mean over texts.

    What all texts share outweighs what one adds: without that subtraction all cosines are near 1. They are about a language
    among these texts, with a mean near -1 / (texts - 1).
    """
    units = torch.nn.functional.normalize(means - means.mean(0), dim=1, eps=1e-300)
    return units @ units.T
