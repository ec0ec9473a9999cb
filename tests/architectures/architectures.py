"""Classes of transformers (causal, masked, encoder-decoder, image and text), tiny and random: measured as plain, or refused.

    python tests/architectures/architectures.py docs/architectures.md

"Plain" is transformers with `output_hidden_states=True`, one sentence at a time, in float32.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).parents[1]))

import tiny
from langgeom.errors import UserError
from langgeom.hidden.extract import extract
from langgeom.hidden.load import LoadedModel, load
from langgeom.models import build_model
from langgeom.models.manifest import read_manifest
from langgeom.models.part import part_of
from langgeom.models.prepare import auto_config, quiet

EQUAL = 1e-4  # largest relative difference of a layer's tokens that counts as equal in float32
MOST = 4_000_000  # parameters of a tiny model
LINES = [*tiny.LINES, "free and equal"]
# What sizes are called, and small values for them; a config takes those that it has.
SIZES: dict[str, Any] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "embedding_size", "word_embed_proj_dim", "dim", "emb_dim"), 32),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "decoder_layers", "encoder_layers", "num_layers"), 2),
    **dict.fromkeys(("num_decoder_layers", "num_encoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "num_encoder_attention_heads", "num_decoder_attention_heads"), 4),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "n_inner", "hidden_dim", "decoder_ffn_dim"), 64),
    "encoder_ffn_dim": 64,
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "expert_ffn_hidden_size", "dff"), 32),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads", "multi_query_group_num"), 2),
    **dict.fromkeys(("head_dim", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "attention_head_size"), 8),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank", "ffn_hidden_size"), 16),
    **dict.fromkeys(("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts"), 2),
    **dict.fromkeys(("n_group", "topk_group", "n_shared_experts"), 1),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_target_positions"), 128),
    **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), 0),
    **dict.fromkeys(("mamba_n_heads", "mamba_num_heads", "mamba_d_state", "mamba_d_head", "mamba_head_dim", "chunk_size"), 8),
    **dict.fromkeys(("mamba_chunk_size", "ssm_state_size", "mamba_d_ssm"), 8),
    **dict.fromkeys(("image_size", "patch_size"), 14),
    "initializer_range": 0.1, "sliding_window": 8, "attention_window": 8, "tie_word_embeddings": True,
}  # fmt: skip
# Settings of single types, which the sizes above do not fit.
MLA = {"head_dim": 8, "num_key_value_heads": 4, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8}
HYBRID = {"layer_types": ["linear_attention", "full_attention"]}
OWN: dict[str, dict[str, Any]] = {
    "axk1": MLA,
    "axk2": MLA,
    "deepseek_v2": MLA,
    "deepseek_v3": MLA,
    "deepseek_v32": MLA,
    "glm4_moe_lite": MLA,
    "glm_moe_dsa": MLA,
    "minicpm3": MLA,
    "youtu": MLA,
    "qwen3_5_text": HYBRID,
    "qwen3_5_moe_text": HYBRID,
    "qwen3_next": HYBRID,
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "bamba": {"mamba_n_heads": 8, "mamba_d_head": 8, "attn_layer_indices": [1]},
    "granitemoehybrid": {"mamba_n_heads": 8, "mamba_d_head": 8, "layer_types": ["mamba", "attention"]},
    "mamba2": {"num_heads": 8, "head_dim": 8, "expand": 2},
    "zaya": {"num_experts_per_tok": 1},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},
    "gptj": {"rotary_dim": 4},
    "codegen": {"rotary_dim": 4},
    "rembert": {"input_embedding_size": 32, "output_embedding_size": 32},
    "dbrx": {"tie_word_embeddings": False},
    "roc_bert": {"pronunciation_vocab_size": 100, "shape_vocab_size": 100},
    "luke": {"entity_vocab_size": 50, "entity_emb_size": 16},
    "reformer": {"axial_pos_embds_dim": [16, 16], "axial_pos_shape": [8, 16], "is_decoder": True},
    "recurrent_gemma": {"block_types": ["recurrent", "attention"], "lru_width": 32},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "longformer": {"attention_window": [8, 8]},
    "gemma4_text": {"vocab_size_per_layer_input": 400, "hidden_size_per_layer_input": 8},
}


TASKS = ("CAUSAL_LM", "MASKED_LM", "SEQ_TO_SEQ_CAUSAL_LM", "IMAGE_TEXT_TO_TEXT")


class Row(NamedTuple):
    """One class: its type in config.json, and what becomes of it."""

    type: str
    name: str
    result: str


def listed() -> list[tuple[str, str]]:
    """Return type and class of all that transformers lists, in the order of their names."""
    from transformers.models.auto import modeling_auto as auto

    lists = [getattr(auto, f"MODEL_FOR_{task}_MAPPING_NAMES") for task in TASKS]
    return sorted({entry for some in lists for entry in some.items()}, key=lambda entry: (entry[0].lower(), entry[1]))


def settings_of(kind: str, vocabulary: int) -> dict[str, Any]:
    """Return what makes a type's config small."""
    from transformers import CONFIG_MAPPING

    plain = CONFIG_MAPPING[kind]()
    named = set(vars(plain)) | set(plain.attribute_map)
    chosen = {key: value for key, value in SIZES.items() if key in named and plain.attribute_map.get(key, key) in named}
    parts = {key: getattr(getattr(plain, key, None), "model_type", None) for key in plain.sub_configs}
    known = {key: part for key, part in parts.items() if part in CONFIG_MAPPING}
    inside = {key: {**settings_of(part, vocabulary), "vocab_size": vocabulary} for key, part in known.items()}
    return {**{key: value for key, value in chosen.items() if key not in plain.attribute_map}, **inside, **OWN.get(kind, {})}


def make(kind: str, name: str, tokenizer: Tokenizer, folder: Path) -> None:
    """Write a tiny model of the class, as a user's folder. ValueError: it is not tiny."""
    import transformers

    config, model = transformers.CONFIG_MAPPING[kind], getattr(transformers, name)
    settings = settings_of(kind, tokenizer.get_vocab_size())
    with torch.device("meta"):
        made = model(config(vocab_size=tokenizer.get_vocab_size(), **settings))
    if (size := sum(parameter.numel() for parameter in made.parameters())) > MOST:
        raise ValueError(f"{size:,} parameters")
    tiny.save(folder, model, config, tokenizer, 0, settings)


def plain(loaded: LoadedModel, folder: Path, name: str) -> tuple[list[torch.Tensor], float]:
    """Return [layers + 1, token, dim] of each sentence alone, content tokens after the first position; see `scaled`.

    Where only a part is measured, the whole of class `name` is loaded from the user's folder and given text alone; of an
    encoder-decoder its encoder runs.
    """
    import transformers
    from transformers import AutoModel, AutoModelForCausalLM

    auto, found, scales = AutoModelForCausalLM if loaded.head else AutoModel, [], [1.0]
    whole = part_of(auto_config(folder.with_name("source")))
    with quiet():
        if whole:
            model = getattr(transformers, name).from_pretrained(folder.with_name("source"), dtype=torch.float32).eval()
            images = {"pixel_values", "qformer_input_ids"} & set(needed(model))
            model = model.get_encoder() if not whole.head else model.language_model if images else model
        else:
            model = auto.from_pretrained(folder, dtype=torch.float32).eval()
    for sentence in loaded.tokenizer(LINES, loaded.positions, "exclude").sentences:
        with torch.no_grad():
            output = model(input_ids=torch.tensor([sentence.ids]), output_hidden_states=True)
        found.append(torch.stack([layer[0, sentence.content] for layer in output.hidden_states]))
        if whole and loaded.head:
            scales.append(scaled(loaded.head.logits(output.hidden_states[-1][0], 0, output.logits.shape[2]), output.logits[0]))
    return found, scales[-1]


def scaled(mine: torch.Tensor, own: torch.Tensor) -> float:
    """Return by how much a whole model's logits are larger than those of its part. AssertionError: they differ otherwise."""
    scale = float(own.norm() / mine.norm())
    assert (mine * scale - own).norm() <= EQUAL * own.norm(), "logits"
    return scale


def needed(model: Any) -> list[str]:
    """Return the arguments that a model cannot be run without."""
    return [key for key, one in inspect.signature(model.forward).parameters.items() if one.default is one.empty]


def difference(folder: Path, name: str, loss: bool | None) -> tuple[LoadedModel, float, float]:
    """Return the largest relative difference of a layer between what langgeom extracts and plain, and `scaled`."""
    loaded = load(folder, "float32", loss=loss)
    mine = extract(loaded, LINES, {"batch_tokens": 128, "max_tokens": 1024}).token
    states, scale = plain(loaded, folder, name)
    own = torch.cat(states, 1)
    apart = (mine - own).flatten(1).norm(dim=1) / own.flatten(1).norm(dim=1)
    return loaded, float(apart.max()), scale


def tried(base: Path, name: str) -> str:
    """Return what becomes of a class's model in the folder `source`, in words; whatever is no message for a user is WRONG."""
    result = ""
    try:
        build_model("m", {"folder": "source"}, base=base, out=base / "m")
        loaded, apart, scale = difference(base / "m", name, None)
        if read_manifest(base / "m")["kind"] == "decoder":
            apart = max(apart, difference(base / "m", name, False)[1])
        if not apart <= EQUAL:
            return f"WRONG: {apart:.0e}"
        whole = part_of(auto_config(base / "source"))
        result = "equal to plain" + (f", as {whole.config.architectures[0]}" if whole else "")
        result += ("" if loaded.causal else ", sees later tokens") + (", scores text" if loaded.head else "")
        result += f" (the whole's logits are {scale:.3g} times as large)" if abs(scale - 1) > EQUAL else ""
        load(base / "m", "bfloat16")
    except UserError as error:
        return f"{result}; bfloat16 is refused" if result else f"refused: {reason(error, base)}"
    except Exception as error:
        return f"WRONG: {type(error).__name__}: {error}"
    return result


def reason(error: UserError, base: Path) -> str:
    """Return the first sentence of a message without what differs by machine."""
    said = " ".join(str(error).replace(f"{base}/", "").replace("Model 'm': ", "").split())
    return re.split(r"(?<=[a-z)])\. ", re.sub(r" by \d+%", "", said))[0][:200].replace("|", "/")


def rows() -> Iterator[Row]:
    """Yield a row a class; what cannot be made tiny says why."""
    import transformers

    torch.manual_seed(0)
    tokenizer = tiny.byte_level()
    for kind, name in listed():
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            try:  # first what the name alone decides
                config = transformers.CONFIG_MAPPING[kind]()
                config.architectures = [name]
                part_of(config)
                make(kind, name, tokenizer, Path(folder) / "source")
            except UserError as error:
                what = "not tried" if "transformers makes no" in str(error) else "refused"  # of the defaults' sizes
                yield Row(kind, name, f"{what}: {reason(error, Path(folder))}")
            except Exception as error:
                said = " ".join(str(error).split()).rsplit("ValueError: ", 1)[-1]
                yield Row(kind, name, f"not tried: {said[:120]}")
            else:
                yield Row(kind, name, tried(Path(folder), name))


def page(found: Sequence[Row]) -> str:
    """Return the page of docs."""
    import transformers

    counts = Counter(re.split(r"[:,;]", row.result)[0] for row in found)
    lines = (f"| {row.type} | {row.name} | {row.result} |" for row in found)
    counted = ", ".join(f"{counts[key]} {key}" for key in sorted(counts))
    return HEAD.format(version=transformers.__version__, counts=counted) + "".join(f"{line}\n" for line in lines)


HEAD = """# Architectures

Every class that transformers {version} lists for causal and masked language models, encoder-decoders and models of images and
text, made tiny with random weights, prepared, loaded and run: {counts}.

- *Equal to plain*: all layers are those that transformers gives with `output_hidden_states=True` for one sentence at a time, to
  a relative difference of 1e-4 in float32, whatever the batches.
- *As another class*: only the part that reads text is kept and run, the language model or the encoder; plain is the whole,
  given text alone. Where the whole leaves out a factor of the logits that its language model has, text is scored with it.
- *Scores text*: it has `bpc`. *Sees later tokens*: a state moves when a token after it is changed, so it has none.
- *Refused*: with one message, before any text is run. The check is made whenever a model is loaded, never by its name, so other
  settings of such an architecture may run.
- *Not tried*: its settings could not be made small here.

`make docs-architectures` writes this page, `make test-architectures` compares it with what is found.

| type | class | result |
|---|---|---|
"""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(list(rows())), encoding="utf-8")
