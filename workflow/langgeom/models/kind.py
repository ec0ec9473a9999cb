"""Whether a config describes a decoder or an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langgeom.errors import UserError

__all__ = ["is_decoder", "kind_of"]


def is_decoder(config: Mapping[str, Any]) -> bool:
    """Whether `architectures` in config.json names a decoder with its head."""
    return str((config.get("architectures") or [""])[0]).endswith(("ForCausalLM", "LMHeadModel"))


def kind_of(name: str, config: Mapping[str, Any]) -> str:
    """Return "decoder" or "encoder" after `architectures` in config.json, never after the model's name.

    `...ForCausalLM` and `...LMHeadModel` are decoders. An encoder is of a type that has a masked language model, so
    that the bare
    trunk of a decoder is not taken for one.

    Raises:
        UserError: no architecture, or one that is neither (encoder-decoder, vision, a decoder without its head).
    """
    architectures = config.get("architectures") or []
    if not architectures:
        raise UserError(f"Model '{name}': config.json names no 'architectures', so it is not known what to load. Add it there.")
    architecture = architectures[0]
    if config.get("is_encoder_decoder"):
        raise UserError(
            f"Model '{name}': {architecture} is an encoder-decoder; decoders and encoders can be measured. Name one."
        )
    if is_decoder(config):
        return "decoder"
    from langgeom.models.quiet import quiet

    with quiet():
        from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES
    if config.get("model_type") in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        return "encoder"
    raise UserError(
        f"Model '{name}': {architecture} is neither a decoder with its head (...ForCausalLM, ...LMHeadModel) nor an encoder. "
        "Name a model of one of these kinds."
    )
