"""Tiny random models with tokenizers of their own, made offline: what the tests of every stage run.

Each function writes a folder that `from_pretrained` and a config's `folder:` can read: two layers, 32 dimensions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from langgeom.models.prepare import quiet

LINES = (
    "All human beings are born free and equal in dignity and rights.",
    "Everyone has the right to life, liberty and security of person.",
    "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق",
    "人人生而自由，在尊严和权利上一律平等。",
)
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def decoder(folder: Path, lines: Sequence[str] = LINES, *, seed: int = 0, **config: Any) -> Path:
    """Write a Llama-like decoder with a byte-level tokenizer and no token of beginning; `config` overrides settings."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = byte_level(lines)
    settings = {
        **SIZES, "num_key_value_heads": 2, "max_position_embeddings": 128, "initializer_range": 0.2, "pad_token_id": 0,
        "bos_token_id": 0, "eos_token_id": 0, "tie_word_embeddings": True, **config,
    }  # fmt: skip
    return save(folder, LlamaForCausalLM, LlamaConfig, tokenizer, seed, settings)


def gemma(folder: Path, lines: Sequence[str] = LINES, *, seed: int = 0, **config: Any) -> Path:
    """Write a Gemma-3-like decoder whose tokenizer begins every sequence with `<bos>` and falls back to bytes."""
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    settings = {
        **SIZES, "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 128, "sliding_window": 8,
        "initializer_range": 0.2, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
        "layer_types": ["sliding_attention", "full_attention"], "query_pre_attn_scalar": 8, **config,
    }  # fmt: skip
    return save(folder, Gemma3ForCausalLM, Gemma3TextConfig, pieces(lines), seed, settings)


def encoder(folder: Path, lines: Sequence[str] = LINES, *, seed: int = 0, **config: Any) -> Path:
    """Write a BERT-like encoder with a WordPiece tokenizer."""
    from transformers import BertConfig, BertModel

    settings = {**SIZES, "max_position_embeddings": 128, "initializer_range": 0.2, **config}
    return save(folder, BertModel, BertConfig, word_pieces(lines), seed, settings)


def save(folder: Path, model: Any, config: Any, tokenizer: Tokenizer, seed: int, settings: dict[str, Any]) -> Path:
    """Write a model of random weights and its tokenizer; any transformers class will do."""
    folder.mkdir(parents=True, exist_ok=True)
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model(config(vocab_size=tokenizer.get_vocab_size(), **settings)).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}', encoding="utf-8")
    return folder


def byte_level(lines: Sequence[str] = LINES) -> Tokenizer:
    """Return a byte-level BPE tokenizer as GPT-2's: nothing is unknown to it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


def pieces(lines: Sequence[str] = LINES) -> Tokenizer:
    """Return a BPE tokenizer as Gemma's: spaces are pieces, unknown characters bytes, `<bos>` comes first."""
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    trained.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=300, special_tokens=special, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    vocabulary = model["vocab"]
    for byte in range(256):
        vocabulary.setdefault(f"<0x{byte:02X}>", len(vocabulary))
    merges = [tuple(merge) for merge in model["merges"]]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    return tokenizer


def word_pieces(lines: Sequence[str] = LINES) -> Tokenizer:
    """Return a lower-casing WordPiece tokenizer as BERT's: words of other characters are `[UNK]`."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False))
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return tokenizer
