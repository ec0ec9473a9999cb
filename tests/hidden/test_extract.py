"""Hidden states against transformers' own, one sentence at a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import AutoModel, AutoModelForCausalLM

import tiny
from langgeom.errors import UserError
from langgeom.hidden.extract import extract
from langgeom.hidden.load import LoadedModel, load
from langgeom.hidden.states import write_hidden
from langgeom.models import build_model

LINES = [*tiny.LINES[:3], "", *tiny.LINES[3:], "free and equal", "  ", "rights 漢"]
NAMES = ["decoder", "gemma", "encoder"]


def reference(loaded: LoadedModel, folder: Path, first: int, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    """Return [layer, token, dim] of each sentence by output_hidden_states=True, content tokens from `first` on."""
    auto = AutoModelForCausalLM if loaded.head else AutoModel
    model, found = auto.from_pretrained(folder, dtype=dtype).eval(), []
    for sentence in loaded.tokenizer([line for line in LINES if line.strip()], 64, "include").sentences:
        with torch.no_grad():
            states = model(torch.tensor([sentence.ids]), output_hidden_states=True).hidden_states
        positions = [at for at in sentence.content if at >= first]
        found.append(torch.stack([layer[0, positions] for layer in states]))
    return found


def difference(mine: torch.Tensor, own: torch.Tensor) -> float:
    return float((mine.float() - own.float()).norm() / own.float().norm())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("budget", [1, 100, 10_000])
def test_equals_transformers_whatever_the_batches(
    models: dict[str, LoadedModel], folders: dict[str, Path], name: str, budget: int
) -> None:
    own = reference(models[name], folders[name], 1)
    states = extract(models[name], LINES, {"batch_tokens": budget, "max_tokens": 64})
    assert states.sentence_line.tolist() == [0, 1, 2, 4, 5, 6, 7, 9]
    assert states.tokens.tolist() == [sentence.shape[1] for sentence in own]
    assert difference(states.token, torch.cat(own, 1)) < 2e-6
    assert difference(states.sentence, torch.stack([sentence.mean(1) for sentence in own], 1)) < 2e-6
    rows = [row for row, sentence in enumerate(own) for _ in range(sentence.shape[1])]
    assert states.token_sentence.tolist() == rows
    assert states.sentence.dtype == torch.float32 and states.token_sentence.dtype == torch.int32


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16_stays_near_float32(models: dict[str, LoadedModel], folders: dict[str, Path], name: str) -> None:
    low = extract(load(folders[name], "bfloat16"), LINES, {})
    high = extract(models[name], LINES, {})
    assert low.token.dtype == torch.bfloat16 and low.sentence.dtype == torch.float32
    assert low.metadata["dtype"] == "bfloat16"
    # 8 bits of mantissa: a rounding of 2^-9 at each of some ten steps
    assert 0 < difference(low.token, high.token) < 0.02
    if low.nll is not None and high.nll is not None:
        assert difference(low.nll, high.nll) < 0.01


def test_first_tokens_exactly_up_to_the_cap(models: dict[str, LoadedModel]) -> None:
    whole = extract(models["decoder"], LINES, {"whole_lines": 99})
    cut = extract(models["decoder"], LINES, {"token_cap": 30, "whole_lines": None})
    assert cut.token.shape[1] == 30
    assert torch.equal(cut.token_sentence, whole.token_sentence[:30])
    assert difference(cut.token, whole.token[:, :30]) < 2e-6
    assert torch.equal(cut.sentence, whole.sentence)
    assert json.loads(cut.metadata["report"])["tokens_kept"] == 30


@pytest.mark.parametrize("name", NAMES)
def test_sampled_tokens_and_whole_lines_are_those_of_the_text(models: dict[str, LoadedModel], name: str) -> None:
    every = extract(models[name], LINES, {"batch_tokens": 1})
    reference = extract(models[name], LINES[:6], {"token_cap": 25, "whole_lines": 2}, seed=3)
    cut = extract(models[name], LINES, {"token_cap": 25, "whole_lines": 2}, reference=reference, seed=3)
    assert (
        every.token_prefix is not None
        and cut.token_prefix is not None
        and len(every.token_prefix.unique()) == len(every.token_prefix)
    )
    place = [every.token_prefix.tolist().index(number) for number in cut.token_prefix.tolist()]
    assert place == sorted(place) and cut.token_sentence.equal(every.token_sentence[place])
    assert difference(cut.token, every.token[:, place]) < 2e-6
    assert cut.token_sampled is not None and int(cut.token_sampled.sum()) == 25
    assert set(cut.sentence_line[cut.token_sentence.unique()].tolist()) <= set(range(6))
    whole = [states.sentence_line[states.sentence_whole].tolist() for states in (reference, cut)]
    assert whole[0] == whole[1] and len(whole[0]) == 2
    kept = torch.bincount(cut.token_sentence, minlength=len(cut.tokens))
    assert kept[cut.sentence_whole].equal(cut.tokens[cut.sentence_whole].long())


@pytest.mark.parametrize("name", ["decoder", "gemma"])
def test_first_position_and_final_norm(models: dict[str, LoadedModel], folders: dict[str, Path], name: str) -> None:
    own = torch.cat(reference(models[name], folders[name], 0), 1)
    states = extract(models[name], LINES, {"first_position": "include"})
    assert difference(states.token, own) < 2e-6
    before = extract(models[name], LINES, {"first_position": "include", "final_norm": False})
    assert torch.equal(before.token[:-1], states.token[:-1])
    # Normalising what was taken before the norm gives what is taken after it.
    norm = models[name].trunk.norm
    assert difference(norm(before.token[-1]), states.token[-1]) < 2e-6
    assert difference(before.token[-1], states.token[-1]) > 0.1


def test_loss_equals_the_models_own(models: dict[str, LoadedModel], folders: dict[str, Path]) -> None:
    for name in ("decoder", "gemma"):
        states = extract(models[name], LINES, {"max_tokens": 64})
        model = AutoModelForCausalLM.from_pretrained(folders[name]).eval()
        assert states.nll is not None and states.nll.dtype == torch.float64
        for row, sentence in enumerate(models[name].tokenizer(LINES, 64).sentences):
            ids = torch.tensor([sentence.ids])
            with torch.no_grad():
                mean = model(ids, labels=ids).loss.double()
            assert float(states.nll[row]) == pytest.approx(float(mean) * (len(sentence.ids) - 1), rel=1e-5)


def test_no_loss_for_encoders_and_untrained(folders: dict[str, Path], tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    build_model("twin", {"untrained": "decoder", "seed": 1}, [folders["decoder"]], base=tmp_path, out=twin)
    assert extract(load(twin, "float32"), LINES, {"loss": None}).nll is None
    assert extract(load(twin, "float32", loss=True), LINES, {"loss": True}).nll is not None
    assert extract(load(folders["encoder"], "float32", loss=True), LINES, {"loss": True}).nll is None
    with pytest.raises(ValueError, match="loss=True"):
        extract(load(twin, "float32", loss=False), LINES, {"loss": True})


def test_same_bytes_again(models: dict[str, LoadedModel], tmp_path: Path) -> None:
    about = {"fingerprint": "f", "corpus": "c", "text": "eng_Latn"}
    for number in range(2):
        write_hidden(tmp_path / f"{number}.safetensors", extract(models["gemma"], LINES, {}), about)
    assert (tmp_path / "0.safetensors").read_bytes() == (tmp_path / "1.safetensors").read_bytes()


def test_long_lines_are_cut_and_counted(models: dict[str, LoadedModel]) -> None:
    states = extract(models["encoder"], ["right " * 2000, "free"], {"max_tokens": 512})
    assert states.tokens.tolist() == [126, 1]  # 128 positions less [CLS] and [SEP]
    assert json.loads(states.metadata["report"])["truncated"] == 1
    assert states.characters.tolist() == [126 * 6 - 1, 4]
    assert states.words.tolist() == [126, 1]


def test_scripts_without_spaces_have_no_words_to_count(models: dict[str, LoadedModel]) -> None:
    lines = ["free and equal", "all right"]
    counts = {name: extract(models["encoder"], lines, {}, name=name).words.tolist() for name in ("eng_Latn", "jpn_Jpan", "")}
    assert counts == {"eng_Latn": [3, 2], "jpn_Jpan": [0, 0], "": [3, 2]}
    with pytest.raises(UserError, match="not a text's name"):
        extract(models["encoder"], lines, {}, name="english")


def test_other_architectures(tmp_path: Path) -> None:
    """Absolute, ALiBi and RoBERTa's shifted positions, sequential and parallel blocks: all as transformers has them."""
    import transformers as hf

    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    cases = {
        "gpt2": (hf.GPT2LMHeadModel, hf.GPT2Config, {"n_embd": 32, "n_layer": 2, "n_head": 4}),
        "opt": (hf.OPTForCausalLM, hf.OPTConfig, {**sizes, "ffn_dim": 64, "word_embed_proj_dim": 32}),
        "bloom": (hf.BloomForCausalLM, hf.BloomConfig, {"hidden_size": 32, "n_layer": 2, "n_head": 4}),
        "neox": (hf.GPTNeoXForCausalLM, hf.GPTNeoXConfig, {**sizes, "intermediate_size": 64}),
        "roberta": (
            hf.RobertaForMaskedLM,
            hf.RobertaConfig,
            {**sizes, "intermediate_size": 64, "max_position_embeddings": 66},
        ),
    }
    for name, (model, config, settings) in cases.items():
        tiny.save(
            tmp_path / name,
            model,
            config,
            tiny.byte_level(),
            0,
            {"initializer_range": 0.2, "pad_token_id": 1, **settings},
        )
        build_model(name, {"folder": name}, base=tmp_path, out=tmp_path / "built" / name)
        loaded = load(tmp_path / "built" / name, "float32")
        own = torch.cat(reference(loaded, tmp_path / "built" / name, 1), 1)
        states = extract(loaded, LINES, {"max_tokens": 64})
        assert difference(states.token, own) < 2e-6, name
        assert (states.nll is None) == (name == "roberta")


def test_nothing_to_measure(models: dict[str, LoadedModel], caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UserError, match="3 lines, 2 of them empty"):
        extract(models["decoder"], ["", "a", " "], {})
    states = extract(models["encoder"], ["漢漢 漢漢", "漢 漢"], {})
    assert json.loads(states.metadata["report"])["unknown_tokens"] == int(states.tokens.sum())
    assert states.unknown.tolist() == states.tokens.tolist()
    mixed = extract(models["encoder"], ["漢 free", "free"], {})
    assert (mixed.unknown.tolist(), mixed.tokens[1]) == ([1, 0], 1)
    assert "of 6 tokens 6 are unknown" in caplog.text


def test_layers_that_cannot_be_told_apart(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from langgeom.hidden import load as module

    with pytest.raises(UserError, match="no list of 9 blocks"):
        module.blocks_of(torch.nn.Linear(1, 1), {"name": "x", "layers": 9})
    # An architecture whose blocks do not receive what transformers calls hidden states.
    blocks = module.blocks_of
    monkeypatch.setattr(module, "blocks_of", lambda *arguments: blocks(*arguments)[::-1])
    with pytest.raises(UserError, match="cannot be used yet"):
        load(folders["decoder"], "float32")


@pytest.mark.parametrize("spoil", ["drop a block", "one block too many", "one block too few"])
def test_weights_that_do_not_cover_the_model(tmp_path: Path, spoil: str) -> None:
    from safetensors.torch import load_file, save_file

    source = tiny.decoder(tmp_path / "source")
    if spoil == "drop a block":
        weights = {name: value for name, value in load_file(source / "model.safetensors").items() if ".layers.1." not in name}
        save_file(weights, source / "model.safetensors", metadata={"format": "pt"})
    else:
        config = json.loads((source / "config.json").read_text())
        config["num_hidden_layers"] = 3 if "many" in spoil else 1
        config.pop("layer_types", None)
        (source / "config.json").write_text(json.dumps(config))
    build_model("m", {"folder": "source"}, base=tmp_path, out=tmp_path / "m")
    with pytest.raises(UserError, match="do not belong together"):
        load(tmp_path / "m", "float32")
