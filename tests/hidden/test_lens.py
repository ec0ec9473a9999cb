"""The logit lens against one written by hand, and what it must be where the truth is known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf

import tiny
from langgeom.hidden import head as module
from langgeom.hidden.check import _norm
from langgeom.hidden.extract import extract
from langgeom.hidden.head import Head, lens
from langgeom.hidden.load import LoadedModel, load
from langgeom.hidden.states import HiddenStates
from langgeom.models import build_model

ENGLISH = [
    "all human beings are born free and equal",
    "the right to life and liberty",
    "no one shall be held",
    "free",
    "to life",
]
SPANISH = ["todos los seres humanos nacen libres e iguales", "el derecho a la vida", "", "libres", "a la vida y the right"]
SETTINGS: dict[str, Any] = {"lens_lines": 9, "whole_lines": 1, "token_cap": 400}


@pytest.fixture(autouse=True)
def every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a token of each line, however few tokens there are."""
    monkeypatch.setattr("langgeom.hidden.kept.FOR_ONE", 1)


def by_hand(
    folder: Path, loaded: LoadedModel, lines: list[str], other: list[str], states: HiddenStates
) -> dict[str, torch.Tensor]:
    """Return the lens of every token that `states` has read, by a loop over lines, layers and tokens in float64."""
    model = hf.AutoModelForCausalLM.from_pretrained(folder).double().eval()
    cap = getattr(model.config.get_text_config(), "final_logit_softcapping", None)
    counts = [Counter(one.ids[at] for one in loaded.tokenizer(of, 99).sentences for at in one.content) for of in (lines, other)]
    own, theirs = ({token: count / sum(of.values()) for token, count in of.items()} for of in counts)
    sentences = loaded.tokenizer(lines, 99).sentences
    found: dict[str, list[list[float]]] = {name: [] for name in ("loss", "entropy", "own", "reference")}
    assert states.lens_sentence is not None and states.lens_loss is not None
    for number, row in enumerate(states.lens_sentence.tolist()):
        ids = sentences[row].ids
        with torch.no_grad():
            output = model(torch.tensor([ids]), output_hidden_states=True)
        # Which token of the line it is, the loss at the last layer tells.
        losses = -output.logits[0, :-1].log_softmax(-1).gather(1, torch.tensor(ids)[1:, None])[:, 0]
        at = int((losses - states.lens_loss[-1, number]).abs().argmin())
        assert at in sentences[row].content
        layers: dict[str, list[float]] = {name: [] for name in found}
        for layer, hidden in enumerate(output.hidden_states):
            with torch.no_grad():
                state = hidden[0, at] if layer == len(output.hidden_states) - 1 else model.model.norm(hidden[0, at])
                logits = model.lm_head(state)
            logits = logits if cap is None else cap * torch.tanh(logits / cap)
            p = logits.softmax(0)
            layers["loss"].append(float(-p[ids[at + 1]].log()))
            layers["entropy"].append(float(-(p * p.log()).sum()))
            for name, mine, others in (("own", own, theirs), ("reference", theirs, own)):
                layers[name].append(sum(float(p[token]) * f / (f + others.get(token, 0)) for token, f in mine.items()))
        for name, values in layers.items():
            found[name].append(values)
    return {name: torch.tensor(values, dtype=torch.float64).T for name, values in found.items()}


@pytest.mark.parametrize("piece", [60, 1 << 23])
@pytest.mark.parametrize("name", ["decoder", "gemma", "softcap"])
def test_equals_a_lens_by_hand(
    folders: dict[str, Path], tmp_path: Path, name: str, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.PIECE, "cpu", piece)
    if name == "softcap":
        tiny.gemma(tmp_path / "source", final_logit_softcapping=3.0)
        build_model("m", {"folder": "source"}, base=tmp_path, out=tmp_path / "m")
    folder = tmp_path / "m" if name == "softcap" else folders[name]
    loaded = load(folder, "float32")
    reference = extract(loaded, ENGLISH, SETTINGS)
    states = extract(loaded, SPANISH, SETTINGS, reference=reference)
    assert states.lens_sentence is not None and {0, 1, 4} <= set(states.sentence_line[states.lens_sentence.long()].tolist())
    expected = by_hand(folder, loaded, SPANISH, ENGLISH, states)
    for field, values in expected.items():
        torch.testing.assert_close(getattr(states, f"lens_{field}"), values, rtol=1e-4, atol=1e-5)
    total = states.lens_own + states.lens_reference
    assert (total > 0).all() and (total <= 1 + 1e-6).all()


def test_the_last_layer_is_the_models_own_loss(models: dict[str, LoadedModel]) -> None:
    """Of lines of two tokens one is predicted, and so is what is read: the sentence's loss."""
    loaded = models["decoder"]
    words = [line for line in ("a b", "zq", "xw", "kj", "qx") if len(loaded.tokenizer.tokenizer.encode(line)) == 2]
    assert len(words) > 2
    states = extract(loaded, words, {**SETTINGS, "first_position": "include"})
    assert states.nll is not None and states.lens_loss is not None
    torch.testing.assert_close(states.lens_loss[-1], states.nll, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["decoder", "gemma"])
def test_batches_and_the_place_of_the_last_layer_change_nothing(models: dict[str, LoadedModel], name: str) -> None:
    own, other = (
        extract(models[name], SPANISH, {**SETTINGS, **more}) for more in ({}, {"final_norm": False, "batch_tokens": 1})
    )
    assert own.lens_sentence is not None and own.lens_sentence.equal(other.lens_sentence)
    for field in ("lens_loss", "lens_entropy", "lens_own"):
        torch.testing.assert_close(getattr(own, field), getattr(other, field), rtol=1e-4, atol=1e-5)


def test_lines_are_the_same_in_all_texts_and_bounded_by_the_reference(
    models: dict[str, LoadedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, lines = models["decoder"], [line for _ in range(8) for line in ENGLISH[:3]]
    tokens = int(extract(loaded, lines, {**SETTINGS, "lens_lines": 0}).tokens.sum())
    monkeypatch.setattr("langgeom.hidden.kept.FOR_ONE", 40)
    for most in (2, 99):
        settings = {**SETTINGS, "lens_lines": most}
        reference = extract(loaded, lines, settings)
        text = extract(loaded, [f"{line} libres" for line in lines], settings, reference=reference)
        assert reference.lens_sentence is not None and len(reference.lens_sentence) == min(most, tokens // 40)
        assert reference.lens_sentence.equal(text.lens_sentence)


def test_the_reference_has_its_own_share_alone(models: dict[str, LoadedModel]) -> None:
    states = extract(models["decoder"], ENGLISH, SETTINGS)
    assert states.lens_own is not None and states.lens_reference is None and bool((states.lens_own > 0).all())


def test_no_lens_without_a_head_or_in_pairs(models: dict[str, LoadedModel]) -> None:
    for name, more in (
        ("encoder", {}),
        ("decoder", {"loss": False}),
        ("decoder", {"whole_lines": None}),
        ("gemma", {"lens_lines": 0}),
    ):
        states = extract(models[name], ENGLISH, {**SETTINGS, **more})
        assert states.lens_sentence is states.lens_loss is states.lens_own is None and states.types is not None


@pytest.mark.parametrize("norm", ["none", "one"])
def test_the_norm_is_found_not_named(tmp_path: Path, norm: str) -> None:
    """Of OPT, which may end with its last block or with a norm."""
    settings = {
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "ffn_dim": 64, "max_position_embeddings": 128,
        "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "init_std": 0.2, "do_layer_norm_before": norm != "none",
        "word_embed_proj_dim": 32,
    }  # fmt: skip
    tiny.save(tmp_path / "source", hf.OPTForCausalLM, hf.OPTConfig, tiny.byte_level(), 0, settings)
    build_model("m", {"folder": "source"}, base=tmp_path, out=tmp_path / "m")
    loaded = load(tmp_path / "m", "float32")
    assert loaded.head is not None
    assert (loaded.head.norm is loaded.trunk.decoder.final_layer_norm) == (norm == "one")
    model = hf.AutoModelForCausalLM.from_pretrained(tmp_path / "m").eval()
    ids = torch.arange(1, 9)[None]
    with torch.no_grad():
        layers = list[torch.Tensor]()
        loaded.run(ids, None, lambda _, states: layers.append(states[0]), final_norm=False)
        mine = loaded.head.logits(loaded.head.norm(layers[-1]), 0, len(loaded.head.weight))
        torch.testing.assert_close(mine, model(ids).logits[0], rtol=1e-4, atol=1e-4)


def test_no_lens_where_no_module_makes_the_output(folders: dict[str, Path]) -> None:
    loaded = load(folders["decoder"], "float32")
    assert loaded.head is not None and loaded.head.norm is loaded.trunk.norm

    def shifted(_: Any, __: Any, output: Any) -> Any:
        return type(output)(last_hidden_state=output.last_hidden_state + 1)

    with loaded.trunk.register_forward_hook(shifted):
        loaded.head.norm, _ = _norm(loaded, torch.arange(7)[None])
    assert loaded.head.norm is None
    states = extract(loaded, ENGLISH, SETTINGS)
    assert states.nll is not None and states.lens_loss is None


def test_shares_of_a_head_whose_tokens_are_known() -> None:
    """Each state is one token's: 0 is the text's, 1 is in both, three times as often in the reference, 2 the reference's."""
    network = torch.nn.Module()
    network.config = hf.LlamaConfig()
    linear = torch.nn.Linear(4, 4, bias=False)
    linear.weight.data = 99 * torch.eye(4)
    network.get_output_embeddings = lambda: linear  # type: ignore[assignment]
    head = Head(network)
    head.norm = torch.nn.Identity()
    text, reference = ((torch.tensor([0, 1]), torch.tensor([3, 1])), (torch.tensor([1, 2]), torch.tensor([3, 1])))
    states = torch.cat([torch.eye(4), torch.zeros(1, 4)])[None]
    with torch.inference_mode():
        read = lens(head, states, torch.tensor([0, 0, 2, 3, 1]), text, reference, True)
        alone = lens(head, states, torch.tensor([0, 0, 2, 3, 1]), text, None, True)
    expected = {
        "lens_own": [1, 0.25, 0, 0, 1.25 / 4], "lens_reference": [0, 0.75, 1, 0, 1.75 / 4],
        "lens_loss": [0, 99, 0, 0, torch.tensor(4).log()], "lens_entropy": [0, 0, 0, 0, torch.tensor(4).log()],
    }  # fmt: skip
    for name, values in expected.items():
        torch.testing.assert_close(read[name][0], torch.tensor(values, dtype=torch.float64), rtol=1e-5, atol=1e-5)
    assert alone["lens_own"][0].tolist() == pytest.approx([1, 1, 0, 0, 0.5]) and "lens_reference" not in alone
