"""How many parameters an architecture has, from its config.json alone: before there are weights, and without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["first", "parameters_of", "text_config"]


def text_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the part that reads text: models of images too keep them apart."""
    own = config.get("text_config")
    return {**config, **(own if isinstance(own, Mapping) else {})}


def first(config: Mapping[str, Any], *names: str) -> int:
    """Return the setting that is there under one of its names.

    Raises:
        KeyError: none of them is.
    """
    for name in names:
        if config.get(name) is not None:
            return int(config[name])
    raise KeyError(f"none of {', '.join(names)}")


def parameters_of(config: Mapping[str, Any]) -> int:
    """Return the parameters of a transformer: its embeddings, and in each block attention, MLP, biases and norms.

    The tests hold it to within 5 % of what transformers makes of the same config, for the families that are used most.

    Args:
        config: config.json's content.

    Raises:
        KeyError: it lacks a size.
    """
    config = text_config(config)
    dim, layers = first(config, "hidden_size", "n_embd", "dim"), first(config, "num_hidden_layers", "n_layer", "n_layers")
    heads = first(config, "num_attention_heads", "n_head", "n_heads")
    values = first({"num_key_value_heads": heads, **_there(config)}, "num_key_value_heads")
    size = first({"head_dim": dim // heads, **_there(config)}, "head_dim")
    inner = first({**_there(config), "else": 4 * dim}, "intermediate_size", "ffn_dim", "n_inner", "hidden_dim", "else")
    experts = first({**_there(config), "else": 1}, "num_local_experts", "num_experts", "n_routed_experts", "else")
    block = 2 * dim * size * (heads + values) + (3 if _gated(config) else 2) * dim * inner * experts + 9 * dim + inner
    tables = 1 if config.get("tie_word_embeddings", True) else 2
    # Learnt positions, where they are not rotated.
    rotated = any(key.startswith(("rope", "rotary", "alibi")) for key in config)
    learnt = 0 if rotated else first({**_there(config), "else": 0}, "max_position_embeddings", "n_positions", "else")
    return layers * block + (tables * int(config.get("vocab_size", 0)) + learnt) * dim


def _there(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value is not None}


def _gated(config: Mapping[str, Any]) -> bool:
    """Whether the MLP has three matrices, of which one gates."""
    activation = config.get("hidden_act") or config.get("hidden_activation")
    gemma = str(config.get("model_type", "")).startswith("gemma")
    return gemma or activation in ("silu", "swish") or (activation is None and "num_key_value_heads" in config)
