"""The shape of each model: from its manifest, before it is prepared from its own files, before those are here from a table."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langgeom.config import Config
from langgeom.errors import UserError
from langgeom.models import Model
from langgeom.models.manifest import first, is_decoder, parameters_of, read_manifest, text_config, weights_of
from langgeom.models.prepare import read_config
from langgeom.plan.shipped import shipped

__all__ = ["Shape", "measured_rates", "shape_of"]

BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
TOKENS = 400  # that a measurement runs
WORDS = "all human beings are born free and equal in dignity and rights"


@dataclass(frozen=True)
class Shape:
    """What sizes and times depend on. `folder` holds the tokenizer; `bytes` is its size on disk, `width` a weight's."""

    name: str
    folder: Path
    layers: int
    dim: int
    vocabulary: int
    parameters: int
    positions: int
    decoder: bool
    trained: bool
    bytes: int
    width: int = 4
    tabled: bool = False  # taken from shapes.tsv: nothing of it is here

    @property
    def active(self) -> int:
        """Parameters that each token is multiplied with: all but the embedding, and the head where text is scored."""
        table = self.vocabulary * self.dim
        return max(self.parameters - table, 0) + (table if self.decoder and self.trained else 0)

    def itemsize(self, dtype: str) -> int:
        """Return the bytes of a number in a setting's dtype; "auto" as this machine would choose."""
        return BYTES[dtype] if dtype != "auto" else _auto()

    def least_itemsize(self, dtype: str) -> int:
        """Return the least that may be."""
        return BYTES.get(dtype, 2)


def _auto() -> int:
    # Asking torch costs its import, and is asked once.
    from langgeom.device import pick_device
    from langgeom.hidden.dtype import pick_dtype

    return int(pick_dtype("auto", pick_device()).itemsize)


def shape_of(config: Config, model: str, base: Path) -> Shape | None:
    """Return the shape of a model of the config, or None where nothing of it is here yet and no table has it.

    Raises:
        UserError: its prepared folder is damaged.
    """
    prepared = base / "results" / "models" / model
    if (prepared / "manifest.json").is_file():
        manifest = read_manifest(prepared)
        size = sum(path.stat().st_size for path in prepared.iterdir())
        try:
            settings = read_config(model, prepared)
        except UserError as error:
            raise UserError(f"{prepared} is damaged: {error} Remove the folder and run again.") from None
        return Shape(
            model, prepared, manifest["layers"], manifest["dim"], manifest["vocabulary"], manifest["parameters"],
            _positions(settings), manifest["kind"] == "decoder", manifest["init"] == "trained", size,
            BYTES.get(manifest["dtype"], 4),
        )  # fmt: skip
    source = config.models[model]
    if twin := source.twin():
        return _twin(model, shape_of(config, twin, base))
    if source.repository():
        listing = base / source.inputs()[0]
        if (listing.with_suffix("") / "config.json").exists():
            return _from_hub(model, listing, trained=source.init == "trained")
        return _from_table(source, listing.with_suffix(""))
    folder = source.folder()
    if folder is None:
        return _from_table(source, prepared)
    return _from_folder(model, folder) if source.init == "trained" else _twin(model, _from_folder(model, folder))


def _twin(name: str, like: Shape | None) -> Shape | None:
    """Return the shape of an untrained model that is like another."""
    return like and replace(like, name=name, trained=False, bytes=like.parameters * like.width)


def _from_table(source: Model, folder: Path) -> Shape | None:
    """Return the shape that shapes.tsv has of a model."""
    found = shipped(source)
    return None if found is None else Shape(source.name, folder, **found, trained=source.init == "trained", tabled=True)


def _from_hub(name: str, listing: Path, trained: bool) -> Shape | None:
    """Return the shape of a model of the hub, as soon as its config.json has arrived."""
    folder = listing.with_suffix("")
    shape = _from_folder(name, folder, whole=trained and listing.is_file())
    if shape is None or not trained:
        return shape and replace(shape, trained=False)
    # Its weights take their place once: a prepared model's are links to those that were fetched.
    fetched = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return replace(shape, bytes=max(0, shape.parameters * shape.width - fetched))


def _from_folder(name: str, folder: Path, whole: bool = True) -> Shape | None:
    """Return the shape of a folder that `from_pretrained` reads, or None where it cannot be: its own stage says why.

    Args:
        whole: whether its weights, where it has some, are all there.
    """
    try:
        config = text_config(read_config(name, folder))
        files = [path.stat().st_size for path in folder.glob("*.safetensors")] if whole else []
        stated = str(config.get("dtype") or config.get("torch_dtype")).removeprefix("torch.")
        parameters, dtype = weights_of(folder) if files else (parameters_of(config), stated)
        width = BYTES.get(dtype, 4)
        return Shape(
            name, folder, first(config, "num_hidden_layers", "n_layer"), first(config, "hidden_size", "n_embd"),
            first(config, "vocab_size"), parameters, _positions(config), is_decoder(config), True,
            sum(files) or parameters * width, width,
        )  # fmt: skip
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, UserError):
        return None


def _positions(config: Mapping[str, Any]) -> int:
    return int(text_config(config).get("max_position_embeddings") or 1 << 30)


def measured_rates(shapes: Mapping[str, Shape | None], config: Config) -> dict[str, float]:
    """Run a few hundred tokens through each prepared model; return operations a second as `Plan.hours` counts them."""
    from langgeom.hidden.extract import extract, load

    rates = {}
    for name, shape in shapes.items():
        if shape is None or not (shape.folder / "manifest.json").is_file() or shape.name != name:
            continue
        settings = config.hidden(name, next(iter(config["corpora"])))
        loaded = load(shape.folder, dtype=settings["dtype"], device="auto", loss=settings["loss"])
        lines = [f"{WORDS} {number}" for number in range(TOKENS // 16)]
        extract(loaded, lines[:2], settings)
        start = time.perf_counter()
        states = extract(loaded, lines, settings)
        rates[name] = 2.0 * shape.active * int(states.tokens.sum()) / (time.perf_counter() - start)
        del loaded
    return rates
