"""The part of a model that reads text: the language model in one that sees or hears, the encoder of an encoder-decoder.

Only that part is kept in a prepared folder, as a model of its own: nothing else is loaded, counted or given random weights.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from langgeom.errors import UserError
from langgeom.files import write_json
from langgeom.hub import INDEX
from langgeom.models.manifest import ENCODERS, is_decoder, weights_of
from langgeom.models.prepare import auto_config, quiet, weight_files

if TYPE_CHECKING:
    from torch import nn


class Part(NamedTuple):
    """A part as a model of its own: its settings, and what files of the whole call its tensors.

    Attributes:
        starts: what may stand before its names in files of the whole; where there are none, `embedding` tells.
        base: what stands there in the part alone.
        embedding: the name of the token embedding in the part; `shared`: of one that it has in common with the rest, or "".
        head: the name of the output embedding, or "".
    """

    config: Any
    starts: tuple[str, ...]
    base: str
    embedding: str
    shared: str
    head: str


def part_of(config: Any) -> Part | None:
    """Return the part that is run of the model of a config; None if it is run whole: a decoder with its head, or an encoder.

    Encoders are types with a masked language model, so that the bare trunk of a decoder is not taken for one.

    Raises:
        UserError: no architecture, or none that has such a part.
    """
    if not config.architectures:
        raise UserError("config.json names no 'architectures', so it is not known what to load. Add it there.")
    name = config.architectures[0]
    with quiet():
        from transformers.models.auto import modeling_auto as auto
    if is_decoder(name) and config.is_encoder_decoder:
        raise UserError(f"{name} is the decoder of an encoder-decoder. Name the whole model: its encoder can be measured.")
    if is_decoder(name) or name.endswith(ENCODERS):
        return None
    if config.is_encoder_decoder or name.endswith("EncoderModel"):
        return _encoder(config, name)
    if config.model_type in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        return None
    text = config.get_text_config()
    kind: Any = None if text is config else auto.MODEL_FOR_CAUSAL_LM_MAPPING.get(type(text), None)
    if kind is None:
        raise UserError(
            f"{name} is neither a decoder with its head (...ForCausalLM, ...LMHeadModel) nor an encoder, and has no part that "
            "transformers has as one. Name a model of one of these kinds."
        )
    model = _empty(kind, text)
    text.architectures, text.dtype = [kind.__name__], text.dtype or config.dtype
    embedding = _name_of(model.base_model, model.get_input_embeddings())
    return Part(text, (), f"{model.base_model_prefix}.", embedding, "", _name_of(model, model.get_output_embeddings()))


def _encoder(config: Any, name: str) -> Part:
    with quiet():
        from transformers.models.auto.modeling_auto import MODEL_MAPPING
    whole: Any = _empty(MODEL_MAPPING[type(config)], config) if type(config) in MODEL_MAPPING else None
    encoder: Any = whole and whole.get_encoder()
    apart = encoder is not whole and type(getattr(encoder, "config", None)) is type(config)
    embedding = _name_of(encoder, encoder.get_input_embeddings()) if apart else ""
    if not embedding or "Embedding" not in type(encoder.get_submodule(embedding)).__name__:
        raise UserError(f"{name} has no encoder of text that can be run alone. Name another model.")
    settings = encoder.config
    settings.architectures, settings.is_encoder_decoder = [type(encoder).__name__], False
    path = f"{_name_of(whole, encoder)}."
    starts, shared = (path, f"{whole.base_model_prefix}.{path}"), _name_of(whole, whole.get_input_embeddings())
    return Part(settings, starts, "", embedding, shared, "")


def _empty(kind: Any, config: Any) -> Any:
    """Return a model without weights. UserError: transformers cannot make it of its settings."""
    import torch

    with quiet(), torch.device("meta"):
        try:
            return kind(config)
        except Exception as error:  # whatever it meets in a user's file
            raise UserError(f"transformers makes no {kind.__name__} of its config.json ({error}). Save it again.") from error


def _name_of(model: nn.Module, part: object) -> str:
    """Return the name of a module in a model, "" if it is not in it or no module."""
    return next((name for name, module in model.named_modules() if module is part), "")


def auto_of(config: Any, head: bool) -> Any:
    """Return what makes a prepared model, with its head or without, by `from_pretrained` and `from_config`."""
    with quiet():
        from transformers import AutoModel, AutoModelForCausalLM
        from transformers.models.auto.modeling_auto import MODEL_MAPPING
    name = config.architectures[0]
    if not name.endswith(ENCODERS):
        return AutoModelForCausalLM if head else AutoModel
    module = sys.modules[MODEL_MAPPING[type(config)].__module__] if type(config) in MODEL_MAPPING else None
    kind = getattr(module, name, None)
    if kind is None:  # a name of somebody's own, as of a trunk with code beside it
        return AutoModelForCausalLM if head else AutoModel
    return SimpleNamespace(from_pretrained=kind.from_pretrained, from_config=kind._from_config)


def take_part(folder: Path) -> None:
    """Leave in a folder the part that is run, if that is not all.

    Raises:
        UserError: as `part_of`; the weights are not those of one such part.
    """
    from safetensors import safe_open
    from safetensors.torch import save_file

    part = part_of(auto_config(folder))
    if part is None:
        return
    weights_of(folder)  # refuses files that cannot be read
    paths = weight_files(folder)
    keys: list[str] = []
    for path in paths:
        with safe_open(path, "pt") as file:
            keys += file.keys()
    names = _renamed(part, keys)
    if part.head:  # the settings of the whole may say otherwise
        part.config.tie_word_embeddings = f"{part.head}.weight" not in names.values()
    places: dict[str, str] = {}
    for path in paths:
        with safe_open(path, "pt") as file:
            tensors = {names[key]: file.get_tensor(key) for key in list(file.keys()) if key in names}
        path.unlink()  # it may be a link to the download
        if tensors:
            save_file(tensors, path, {"format": "pt"})
            places |= dict.fromkeys(tensors, path.name)
    if (folder / INDEX).is_file():
        write_json(folder / INDEX, {"metadata": {}, "weight_map": places})
    part.config.save_pretrained(folder)


def _renamed(part: Part, keys: Sequence[str]) -> dict[str, str]:
    """Return what each tensor of the part is called in the part alone."""

    def ending(*names: str) -> list[str]:
        return [key for name in names if name for key in keys if f".{key}".endswith(f".{name}.weight")]

    starts = part.starts or [key.removesuffix(f"{part.embedding}.weight") for key in ending(part.embedding)]
    found = [start for start in starts if any(key.startswith(start) for key in keys)]
    if len(found) != 1:
        raise UserError(
            f"its weights hold {len(found)} parts that {part.config.architectures[0]} could be, not one. Save or fetch the "
            "model again, or name another."
        )
    names = {key: part.base + key.removeprefix(found[0]) for key in keys if key.startswith(found[0])}
    if f"{part.base}{part.embedding}.weight" not in names.values():
        names |= dict.fromkeys(ending(part.shared, "shared")[:1], f"{part.base}{part.embedding}.weight")
    names |= dict.fromkeys(ending(part.head)[:1], f"{part.head}.weight")
    return names
