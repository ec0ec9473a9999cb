"""The shape of each model, from its manifest, or before it is prepared from its own files."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langgeom.config import Config
from langgeom.errors import UserError
from langgeom.models.kind import is_decoder
from langgeom.models.manifest import read_manifest, weights_of

__all__ = ["Shape", "measured_rates", "shape_of"]

BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
TOKENS = 400  # that a measurement runs
WORDS = "all human beings are born free and equal in dignity and rights"


@dataclass(frozen=True)
class Shape:
    """What sizes and times depend on. `folder` holds the tokenizer; `bytes` is its size on disk."""

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
    """Return the shape of a model of the config, or None where nothing of it is here yet."""
    prepared = base / "results" / "models" / model
    if (prepared / "manifest.json").is_file():
        manifest = read_manifest(prepared)
        size = sum(path.stat().st_size for path in prepared.iterdir())
        return Shape(
            model, prepared, manifest["layers"], manifest["dim"], manifest["vocabulary"], manifest["parameters"],
            _positions(prepared), manifest["kind"] == "decoder", manifest["init"] == "trained", size,
        )  # fmt: skip
    spec = config["models"][model]
    if "untrained" in spec:
        twin = spec["untrained"]
        like = shape_of(config, twin, base) if twin in config["models"] else _from_folder(twin, config.base / twin)
        return None if like is None else Shape(**{**vars(like), "name": model, "trained": False})
    if "folder" in spec and "pypi" not in spec:
        return _from_folder(model, config.base / spec["folder"])
    return None


def _from_folder(name: str, folder: Path) -> Shape | None:
    try:
        config = _text_config(folder)
        weights = weights_of(folder)
        sizes = [path.stat().st_size for path in folder.glob("*.safetensors")] or [4 * weights.parameters]
        return Shape(
            name, folder, _first(config, "num_hidden_layers", "n_layer"), _first(config, "hidden_size", "n_embd"),
            config.get("vocab_size", 0), weights.parameters, _positions(folder), is_decoder(config), True,
            sum(sizes),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, UserError):
        return None  # its own stage says what is wrong with it


def _text_config(folder: Path) -> dict[str, Any]:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return {**config, **config.get("text_config", {})}


def _first(config: Mapping[str, Any], *names: str) -> int:
    return int(next(config[name] for name in names if name in config))


def _positions(folder: Path) -> int:
    return int(_text_config(folder).get("max_position_embeddings") or 1 << 30)


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
