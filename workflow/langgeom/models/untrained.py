"""Untrained twins: the architecture and tokenizer of a model, with weights drawn by its own initialiser."""

from __future__ import annotations

from pathlib import Path

from langgeom.errors import UserError
from langgeom.files import scratch
from langgeom.models.folder import check_folder, copy, read_config
from langgeom.models.hub import place
from langgeom.models.kind import kind_of
from langgeom.models.quiet import quiet
from langgeom.models.sources import Request
from langgeom.models.tidy import tidy
from langgeom.models.tokenizer import TOKENIZER_FILES, complete_tokenizer

__all__ = ["write"]


def write(request: Request, folder: Path) -> None:
    """Write the twin of `request.twin`, of the hub's files in `request.hub`, or of the folder `spec["untrained"]`.

    Weights are drawn in float32 from `spec["seed"]` (0 where it is missing) and stored in the twin's dtype.

    Raises:
        UserError: the folder has no config.json or no tokenizer, or is no model that can be used.
    """
    name, spec = request.name, request.spec
    if request.hub is not None:
        with scratch(folder) as temporary:
            place(name, request.hub, temporary)
            _write(name, temporary, int(spec.get("seed", 0)), folder)
    else:
        source = request.twin or request.base / spec["untrained"]
        _write(name, source, int(spec.get("seed", 0)), folder)


def _write(name: str, source: Path, seed: int, folder: Path) -> None:
    check_folder(name, source, weights=False)
    _write_weights(name, source, seed, folder)
    for file in TOKENIZER_FILES:
        if (source / file).is_file():
            copy(source / file, folder / file)
    complete_tokenizer(name, source, folder)


def _write_weights(name: str, source: Path, seed: int, folder: Path) -> None:
    import torch

    dtype = _dtype(name, source)
    with quiet(), torch.random.fork_rng(devices=[]):
        from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

        try:
            config = AutoConfig.from_pretrained(source)
        except (ValueError, OSError) as error:
            raise UserError(f"Model '{name}': transformers cannot read config.json in {source} ({error}). Mend it.") from error
        auto = AutoModelForCausalLM if kind_of(name, read_config(name, source)) == "decoder" else AutoModel
        torch.manual_seed(seed)
        model = auto.from_config(config, dtype=torch.float32).to(dtype)
        model.save_pretrained(folder)
    tidy(folder)


def _dtype(name: str, source: Path) -> object:
    """Return the torch dtype of the twin's weights; what its config says where it has none; else float32."""
    import torch

    from langgeom.models.manifest import weights_of

    config = read_config(name, source)
    stated = config.get("dtype") or config.get("torch_dtype") or "float32"
    return getattr(torch, weights_of(source).dtype if any(source.glob("*.safetensors")) else str(stated))
