"""The architectures of the study load as the hub has them: Phi-3 with code beside it, BERT with its old names of weights."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import tiny
from langgeom.files import sha256
from langgeom.hidden.load import load
from langgeom.hub import write_listing
from langgeom.models import build_model

COMMIT = "0" * 40


def prepared(base: Path, source: Path) -> Path:
    """Prepare a folder as if it had been fetched from the hub."""
    listing = source.parent / f"{source.name}.json"
    write_listing(listing, "owner/name", COMMIT, {path.name: sha256(path) for path in source.iterdir()})
    out = base / "models" / "m"
    build_model("m", {"hub": "owner/name", "revision": COMMIT}, [listing], base=base, out=out)
    return out


def test_phi_3_with_long_positions_and_code_of_its_own(tmp_path: Path) -> None:
    from transformers import Phi3Config, Phi3ForCausalLM

    factors = {"type": "longrope", "short_factor": [1.0] * 4, "long_factor": [2.0] * 4}
    settings = {
        **tiny.SIZES, "num_key_value_heads": 4, "max_position_embeddings": 256, "original_max_position_embeddings": 64,
        "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "rope_scaling": factors,
    }  # fmt: skip
    source = tiny.save(tmp_path / "phi", Phi3ForCausalLM, Phi3Config, tiny.byte_level(), 0, settings)
    config = json.loads((source / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"}
    (source / "config.json").write_text(json.dumps(config))
    loaded = load(prepared(tmp_path, source), dtype="float32")
    assert type(loaded.trunk).__name__ == "Phi3Model" and len(loaded.blocks) == 2 and loaded.head is not None


def test_bert_with_old_names_of_its_norms(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForMaskedLM

    settings = {**tiny.SIZES, "max_position_embeddings": 64, "initializer_range": 0.2}
    source = tiny.save(tmp_path / "bert", BertForMaskedLM, BertConfig, tiny.word_pieces(), 0, settings)
    weights = load_file(source / "model.safetensors")
    renamed = {
        key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value + 0.1
        for key, value in weights.items()
    }
    assert any(key.endswith("gamma") for key in renamed)
    save_file(renamed, source / "model.safetensors", metadata={"format": "pt"})
    loaded = load(prepared(tmp_path, source), dtype="float32")
    norm = loaded.trunk.get_submodule("embeddings.LayerNorm")
    assert torch.equal(norm.weight, renamed["bert.embeddings.LayerNorm.gamma"])
