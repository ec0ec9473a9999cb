"""The check at loading names what differs and what to do; what can be run as transformers does is not refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import tiny
from langgeom.errors import UserError
from langgeom.hidden.extract import extract
from langgeom.hidden.load import LoadedModel, load
from langgeom.models import build_model

Make = Callable[..., Path]


def prepared(source: Path) -> Path:
    """Return the folder of a prepared model."""
    build_model("m", {"folder": source.name}, base=source.parent, out=source.parent / "m")
    return source.parent / "m"


def of(folder: Path, name: str, **settings: Any) -> Path:
    """Write a tiny model of one of transformers' types."""
    known = {kind.__name__.removesuffix("Config"): kind for kind in transformers.CONFIG_MAPPING.values()}
    config = known[max((stem for stem in known if name.startswith(stem)), key=len)]
    sizes = {**tiny.SIZES, "max_position_embeddings": 128, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0}
    return tiny.save(folder, getattr(transformers, name), config, tiny.byte_level(), 0, {**sizes, **settings})


def edited(folder: Path, **settings: Any) -> Path:
    """Change settings in config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))
    return folder


def reweighted(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> Path:
    """Change the weights of a folder."""
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def with_nan(weights: dict[str, torch.Tensor]) -> None:
    weights["model.layers.1.mlp.down_proj.weight"][0, 0] = float("nan")


def with_large(weights: dict[str, torch.Tensor]) -> None:
    weights["model.layers.1.mlp.down_proj.weight"] *= 2e4


@pytest.mark.parametrize(
    ("make", "dtype", "named", "cure"),
    [
        (lambda at: reweighted(tiny.decoder(at), with_nan), "float32", "layers.1.mlp.down_proj", "fetch the model again"),
        (lambda at: reweighted(tiny.decoder(at), with_large), "float16", "layer 2 has", "dtype to bfloat16 or float32"),
        (lambda at: of(at, "XmodForMaskedLM"), "float32", "language", "config.json"),
        (lambda at: of(at, "ConvBertForMaskedLM"), "float32", "beside a longer one", "another model"),
        (lambda at: of(at, "SqueezeBertForMaskedLM", embedding_size=32), "float32", "does not call block 1", "another model"),
        (lambda at: of(at, "ModernBertDecoderForCausalLM"), "float32", "the head of", "`loss: false`"),
        (lambda at: of(at, "MambaForCausalLM", state_size=4), "float32", "layer 0 of MambaModel", "another model"),
    ],
)  # fmt: skip
def test_what_differs_is_named_with_its_cure(tmp_path: Path, make: Make, dtype: str, named: str, cure: str) -> None:
    with pytest.raises(UserError) as caught:
        load(prepared(make(tmp_path / "source")), dtype)
    assert str(caught.value).startswith("Model 'm': ") and named in str(caught.value) and cure in str(caught.value)
    assert caught.value.__cause__ is None or "Traceback" not in str(caught.value)


def test_a_head_that_is_more_than_a_matrix_can_be_left_out(tmp_path: Path) -> None:
    folder = prepared(of(tmp_path / "source", "ModernBertDecoderForCausalLM"))
    assert extract(load(folder, "float32", loss=False), tiny.LINES, {}).nll is None


def test_a_tokenizer_of_another_model(tmp_path: Path) -> None:
    source = tiny.decoder(tmp_path / "source")
    more = tiny.byte_level([*tiny.LINES, *(f"word{number} other{number}" for number in range(300))])
    small = tiny.decoder(tmp_path / "small", tiny.LINES[:1])
    more.save(str(small / "tokenizer.json"))
    rows = json.loads((small / "config.json").read_text())["vocab_size"]
    with pytest.raises(UserError, match=rf"tokens up to {more.get_vocab_size() - 1}, but its embeddings have {rows} rows"):
        load(prepared(small), "float32")
    # A special token without a row, as Gemma's for images, is in no text, not even where a line spells it.
    tokenizer = tiny.byte_level()
    assert tokenizer.add_special_tokens(["<image>"]) == 1
    tokenizer.save(str(source / "tokenizer.json"))
    states = extract(load(prepared(source), "float32"), ["an <image> here", "all"], {})
    assert states.sentence.isfinite().all() and states.characters.tolist() == [15, 3]


@pytest.mark.parametrize("loss", [None, False, True])
def test_direction_is_tested_not_named(tmp_path: Path, loss: bool | None) -> None:
    folder = prepared(tiny.gemma(tmp_path / "source", use_bidirectional_attention=True))
    if loss:
        with pytest.raises(UserError, match="Remove `loss: true`"):
            load(folder, "float32", loss=loss)
        return
    loaded = load(folder, "float32", loss=loss)
    assert not loaded.causal and loaded.head is None
    assert extract(loaded, tiny.LINES, {}).nll is None


def test_a_causal_model_is_known_in_every_format(models: dict[str, LoadedModel], folders: dict[str, Path]) -> None:
    for name, loaded in models.items():
        found = [loaded.causal, *(load(folders[name], dtype).causal for dtype in ("bfloat16", "float16"))]
        assert found == [name != "encoder"] * 3


def test_a_config_that_asks_for_tuples(tmp_path: Path) -> None:
    plain, tuples = tiny.decoder(tmp_path / "a" / "source"), tiny.decoder(tmp_path / "b" / "source")
    edited(tuples, return_dict=False)
    states = [extract(load(prepared(source), "float32"), tiny.LINES, {}).token for source in (plain, tuples)]
    assert states[0].equal(states[1])


def test_constants_of_older_files_are_dropped(tmp_path: Path) -> None:
    source = of(tmp_path / "source", "GPT2LMHeadModel", n_embd=32, n_layer=2, n_head=4)

    def with_constants(weights: dict[str, torch.Tensor]) -> None:
        weights["transformer.h.0.attn.masked_bias"] = torch.tensor(-1e4)

    before = extract(load(prepared(source), "float32"), tiny.LINES, {}).token
    (tmp_path / "m").rename(tmp_path / "before")
    after = extract(load(prepared(reweighted(source, with_constants)), "float32"), tiny.LINES, {}).token
    assert before.equal(after)


def test_long_rope_turns_a_sentence_alike_whatever_stands_beside_it(tmp_path: Path) -> None:
    rope = {
        "rope_type": "longrope", "rope_theta": 1e4, "short_factor": [1.0] * 4, "long_factor": [8.0] * 4,
        "original_max_position_embeddings": 16, "factor": 8.0,
    }  # fmt: skip
    source = of(tmp_path / "source", "Phi3ForCausalLM", rope_parameters=rope, original_max_position_embeddings=16)
    loaded = load(prepared(source), "float32")
    assert loaded.positions == 16
    lines = ["free", " ".join(tiny.LINES)]
    alone, beside = (extract(loaded, some, {"max_tokens": 512}).sentence[:, 0] for some in (lines[:1], lines))
    torch.testing.assert_close(alone, beside, rtol=1e-5, atol=1e-6)


def test_block_sparse_attention_is_refused_where_sentences_are_long_enough_for_it(tmp_path: Path) -> None:
    sizes = {"attention_type": "block_sparse", "block_size": 4, "num_random_blocks": 1}
    folder = prepared(of(tmp_path / "source", "BigBirdForMaskedLM", **sizes))
    with pytest.raises(UserError, match="beside a longer one"):
        load(folder, "float32", longest=128)
    assert load(folder, "float32", longest=20).positions == 128
