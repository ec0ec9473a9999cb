"""Parameters counted from config.json against those of the model that transformers makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf

from langgeom.models.manifest import first, parameters_of

SMALL = {"hidden_size": 512, "num_hidden_layers": 6, "num_attention_heads": 8, "vocab_size": 5000}
FAMILIES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "llama": (hf.LlamaForCausalLM, hf.LlamaConfig, {**SMALL, "intermediate_size": 1376, "num_key_value_heads": 2}),
    "llama tied": (hf.LlamaForCausalLM, hf.LlamaConfig, {**SMALL, "intermediate_size": 1376, "tie_word_embeddings": True}),
    "gemma": (hf.Gemma3ForCausalLM, hf.Gemma3TextConfig, {**SMALL, "intermediate_size": 1024, "num_key_value_heads": 1,
                                                         "head_dim": 256, "tie_word_embeddings": True}),
    "phi": (hf.Phi3ForCausalLM, hf.Phi3Config, {**SMALL, "intermediate_size": 1376, "pad_token_id": 0}),
    "qwen": (hf.Qwen2ForCausalLM, hf.Qwen2Config, {**SMALL, "intermediate_size": 1376, "num_key_value_heads": 2}),
    "mixtral": (hf.MixtralForCausalLM, hf.MixtralConfig, {**SMALL, "intermediate_size": 700, "num_local_experts": 4}),
    "gpt2": (hf.GPT2LMHeadModel, hf.GPT2Config, {"n_embd": 512, "n_layer": 6, "n_head": 8, "vocab_size": 5000}),
    "opt": (hf.OPTForCausalLM, hf.OPTConfig, {**SMALL, "ffn_dim": 2048, "word_embed_proj_dim": 512}),
    "neox": (hf.GPTNeoXForCausalLM, hf.GPTNeoXConfig, {**SMALL, "intermediate_size": 2048}),
    "bert": (hf.BertModel, hf.BertConfig, {**SMALL, "intermediate_size": 2048}),
    "roberta": (hf.XLMRobertaModel, hf.XLMRobertaConfig, {**SMALL, "intermediate_size": 2048}),
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_within_five_per_cent_of_transformers(tmp_path: Path, family: str) -> None:
    model, config, settings = FAMILIES[family]
    with torch.device("meta"):
        made = model(config(**settings))
    made.config.save_pretrained(tmp_path)
    counted = parameters_of(json.loads((tmp_path / "config.json").read_text()))
    assert counted == pytest.approx(sum(weight.numel() for weight in made.parameters()), rel=0.05)


def test_phi_3_5_mini_as_its_card_has_it() -> None:
    """3.82 billion parameters: the number of its safetensors."""
    config = {
        "architectures": ["Phi3ForCausalLM"], "hidden_act": "silu", "hidden_size": 3072, "intermediate_size": 8192,
        "max_position_embeddings": 131072, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
        "rope_theta": 10000.0, "tie_word_embeddings": False, "vocab_size": 32064,
    }  # fmt: skip
    assert parameters_of(config) == pytest.approx(3_821_079_552, rel=0.001)
    inside = {"architectures": ["X"], "text_config": {key: value for key, value in config.items() if key != "architectures"}}
    assert parameters_of(inside) == parameters_of(config)


def test_what_is_no_config_is_a_lookup_error() -> None:
    with pytest.raises(KeyError, match="hidden_size, n_embd"):
        parameters_of({"vocab_size": 5})
    assert first({"a": None, "b": 3}, "a", "b") == 3
