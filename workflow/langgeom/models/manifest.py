"""`manifest.json`, and what it says of a model: its kind, its size, and the fingerprint that results are keyed by."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.files import sha256, write_json
from langgeom.models.prepare import auto_config, weight_files

MANIFEST = "manifest.json"
DECODERS = ("ForCausalLM", "LMHeadModel")
ENCODERS = ("Encoder", "Stack")  # of encoder-decoders
LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "encoder_layers", "num_layers")  # what configs call their number
DTYPES = {"F64": "float64", "F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def write_manifest(
    folder: Path, name: str, init: str, source: Mapping[str, Any], noticed: Sequence[str] = ()
) -> dict[str, Any]:
    """Write and return the manifest of a finished folder.

    Args:
        init: "trained" or "untrained".
        source: the config's settings.
        noticed: what a reader should look at, its `warnings`.

    Raises:
        UserError: its sizes cannot be told, or its weights not read.
    """
    whole = auto_config(folder)
    kind, config = "decoder" if is_decoder(whole.architectures[0]) else "encoder", whole.get_text_config()
    try:
        sizes = dict(layers=config.num_hidden_layers, dim=config.hidden_size, vocabulary=config.vocab_size)
    except AttributeError as error:
        raise UserError(f"its config.json lacks a size ({error}). Save it again.") from error
    parameters, dtype = weights_of(folder)
    files = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    manifest = dict(
        name=name, kind=kind, init=init, model_type=config.model_type, **sizes, parameters=parameters,
        dtype=dtype, source=dict(source), files=files, fingerprint=_fingerprint(files),
    )  # fmt: skip
    if noticed:
        manifest["warnings"] = list(noticed)
    write_json(folder / MANIFEST, manifest)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a model's folder. UserError: there is none, or it is damaged."""
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["kind"] not in ("decoder", "encoder") or manifest["fingerprint"] != _fingerprint(manifest["files"]):
            raise ValueError("its fingerprint does not fit its files")
    except OSError as error:
        message = f"{folder} is not a prepared model: {MANIFEST} cannot be read. Remove the folder and run again."
        raise UserError(message) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path} is damaged ({error}). Remove the folder and run again.") from error
    return manifest


def scores_text(manifest: Mapping[str, Any], loss: bool | None) -> bool:
    """Return whether a model scores text: a decoder that is asked to; where `loss` is None, a trained one."""
    return bool(manifest["kind"] == "decoder" and (manifest["init"] == "trained" if loss is None else loss))


def layers_at(depths: Sequence[float], last: int) -> list[int]:
    """Return the layers at depths from 0 (embeddings) to 1 (the last layer), ascending, none twice."""
    return sorted({round(depth * last) for depth in depths})


def weights_of(folder: Path) -> tuple[int, str]:
    """Return how many parameters a folder's safetensors files hold, and the dtype of most. UserError: one cannot be read."""
    from safetensors import SafetensorError, safe_open

    sizes: Counter[str] = Counter()
    for path in weight_files(folder):
        try:
            with safe_open(path, "np") as file:
                for tensor in map(file.get_slice, file.keys()):
                    if tensor.get_dtype() in DTYPES:
                        sizes[DTYPES[tensor.get_dtype()]] += prod(tensor.get_shape())
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{path.name} is no safetensors file that can be read ({error}): it is cut off, or a pointer to a file that "
                "was not fetched. Fetch the model again."
            ) from error
    return sizes.total(), sizes.most_common(1)[0][0] if sizes else "float32"


def _fingerprint(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()


def is_decoder(architecture: str) -> bool:
    """Whether a class is a decoder with its head, by its name as config.json has it under `architectures`."""
    return architecture.endswith(DECODERS)


def text_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the part that reads text: models of images too keep them apart."""
    own = config.get("text_config")
    return {**config, **(own if isinstance(own, Mapping) else {})}


def first(config: Mapping[str, Any], *names: str, default: int | None = None) -> int:
    """Return the setting that is there under one of its names. KeyError: none of them is, and there is no default."""
    for name in names:
        if config.get(name) is not None:
            return int(config[name])
    if default is None:
        raise KeyError(f"none of {', '.join(names)}")
    return default


def parameters_of(config: Mapping[str, Any]) -> int:
    """Return the parameters of a transformer: its embeddings, and in each block attention, MLP, biases and norms.

    The tests hold it to within 5 % of what transformers makes of the same config.json, for the families that are used most.
    KeyError: it lacks a size.
    """
    config = text_config(config)
    dim, layers = first(config, "hidden_size", "n_embd", "dim", "d_model"), first(config, *LAYERS)
    heads = first(config, "num_attention_heads", "n_head", "n_heads", "encoder_attention_heads", "num_heads")
    values, size = first(config, "num_key_value_heads", default=heads), first(config, "head_dim", default=dim // heads)
    inner = first(config, "intermediate_size", "ffn_dim", "n_inner", "hidden_dim", "encoder_ffn_dim", "d_ff", default=4 * dim)
    experts = first(config, "num_local_experts", "num_experts", "n_routed_experts", default=1)
    activation = config.get("hidden_act") or config.get("hidden_activation")
    # A third, gating matrix in the MLP.
    gated = str(config.get("model_type", "")).startswith("gemma") or activation in ("silu", "swish")
    gated = gated or (activation is None and "num_key_value_heads" in config)
    block = 2 * dim * size * (heads + values) + (3 if gated else 2) * dim * inner * experts + 9 * dim + inner
    tables = 1 if config.get("tie_word_embeddings", True) else 2
    # Learnt positions, where they are not rotated.
    rotated = any(key.startswith(("rope", "rotary", "alibi")) for key in config)
    learnt = 0 if rotated else first(config, "max_position_embeddings", "n_positions", default=0)
    return layers * block + (tables * int(config.get("vocab_size", 0)) + learnt) * dim
