"""Models against models, layer by layer, on the reference text of a corpus: how alike they order its sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from langgeom.device import pick_device, reproducible
from langgeom.errors import UserError
from langgeom.hidden.states import read_hidden
from langgeom.metrics import Cloud, Resample, cka, mutual_knn
from langgeom.models.manifest import layers_at, read_manifest
from langgeom.table import MODEL_PAIRS, tables_of, write_rows


class Place(NamedTuple):
    """A layer of a model, with its sentence means [sentences, d]."""

    model: str
    layer: int
    points: Tensor


def model_pairs_job(
    models: Sequence[Path], corpus: str, listings: Sequence[Path], reference: str, depths: Sequence[float],
    bootstrap: Mapping[str, Any], seed: int, out: Path, documents: Path | None = None,
) -> None:  # fmt: skip
    """Compare the layers of all models at some depths, and write the rows of `table.MODEL_PAIRS`.

    Args:
        models: the prepared models' folders.
        corpus: the corpus's name.
        listings: those of the measured batches of the corpus, of all models.
        reference: the text that models are compared on.
        depths, bootstrap, seed, out, documents: as of `text_pairs.pairs_job`.

    Raises:
        UserError: a listing or a file of sentence means is missing or damaged, or has values that are not finite.
    """
    files = {path.parent.parent.name: path for path in tables_of(listings, "hidden") if path.stem == reference}
    states = {model.name: read_hidden(files[model.name]) for model in models if model.name in files}
    lines = reduce(np.intersect1d, [some.sentence_line.numpy() for some in states.values()] or [np.empty(0, np.int64)])
    names = documents.read_text(encoding="utf-8").split("\n") if documents else []
    places = list[Place]()
    for model in models:
        if some := states.get(model.name):
            last, at = read_manifest(model)["layers"], np.searchsorted(some.sentence_line.numpy(), lines)
            for index, layer in enumerate(layers_at(depths, last)):
                points = some.sentence[layer if len(some.sentence) == last + 1 else index][torch.from_numpy(at)]
                if not points.isfinite().all():
                    raise UserError(f"layer {layer} of {model.name} has NaN or infinite values: set hidden.dtype to float32.")
                places.append(Place(model.name, layer, points))
    resample = Resample(**bootstrap, seed=seed, documents=[names[line] for line in lines] if names else ())
    device = pick_device()
    with reproducible(device):
        rows = (
            rows_of([place._replace(points=place.points.to(device)) for place in places], resample)
            if places and len(lines)
            else []
        )
    write_rows([{"corpus": corpus, "text": reference, **row} for row in rows], out, MODEL_PAIRS)


def rows_of(places: Sequence[Place], resample: Resample) -> list[dict[str, Any]]:
    """Return the rows of each two layers of one model or of two, on the same sentences.

    `null` is what one in twenty random pairings of the sentences exceeds.
    """
    # Distances and products stay what they are in more dimensions; metrics want equally many.
    width, rows = max(place.points.shape[1] for place in places), list[dict[str, Any]]()
    clouds = [Cloud(torch.nn.functional.pad(place.points, (0, width - place.points.shape[1]))) for place in places]
    for at, (one, x) in enumerate(zip(places, clouds, strict=True), start=1):
        for other, y in zip(places[at:], clouds[at:], strict=True):
            for metric in (cka, mutual_knn):
                found = metric(x, y, resample=resample)
                numbers = {name: getattr(found, name) for name in ("value", "low", "high", "null")}
                rows.append({
                    "model": one.model, "layer": one.layer, "other_model": other.model, "other_layer": other.layer,
                    "metric": metric.__name__, "n": int(found.n),
                    **{name: None if value is None else float(value) for name, value in numbers.items()},
                })  # fmt: skip
            y.forget()
        x.forget()
    return rows
