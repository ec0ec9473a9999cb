"""The head in pieces against the model's own logits."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import transformers as hf

import tiny
from langgeom.errors import UserError
from langgeom.hidden import head as module
from langgeom.hidden.head import Head

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 300,
}
CASES = {
    "plain": (hf.LlamaForCausalLM, hf.LlamaConfig, {}),
    "softcap": (
        hf.Gemma2ForCausalLM,
        hf.Gemma2Config,
        {"final_logit_softcapping": 2.0, "head_dim": 8, "num_key_value_heads": 4},
    ),
    "multiplied": (hf.CohereForCausalLM, hf.CohereConfig, {"logit_scale": 0.3, "num_key_value_heads": 4}),
    "divided": (hf.GraniteForCausalLM, hf.GraniteConfig, {"logits_scaling": 5.0}),
    "bias": (hf.PhiForCausalLM, hf.PhiConfig, {}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("piece", [1, 50, 1 << 23])
def test_nll_equals_the_models_own(case: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.PIECE, "cpu", piece)
    model, config, settings = CASES[case]
    torch.manual_seed(0)
    network = model(config(**SIZES, initializer_range=0.5, pad_token_id=0, **settings)).eval()
    if case == "bias":
        torch.nn.init.normal_(network.lm_head.bias)
    ids = torch.randint(0, 300, (1, 9))
    with torch.no_grad():
        own = -network(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]
        states = network.base_model(ids).last_hidden_state[0, :-1]
        mine = Head(network).nll(states, ids[0, 1:])
    assert mine.dtype == torch.float64
    torch.testing.assert_close(mine, own.double(), rtol=1e-5, atol=1e-5)


def test_extreme_logits_stay_finite() -> None:
    network = torch.nn.Module()
    network.config = hf.LlamaConfig()
    linear = torch.nn.Linear(1, 3, bias=False)
    linear.weight.data = torch.tensor([[0.0], [1e4], [-1e4]])
    network.get_output_embeddings = lambda: linear  # type: ignore[assignment]
    with torch.no_grad():
        values = Head(network).nll(torch.ones(2, 1), torch.tensor([1, 0]))
    assert values.tolist() == [0.0, 1e4]


def test_no_head(tmp_path: Path) -> None:
    tiny.encoder(tmp_path / "encoder")
    with pytest.raises(UserError, match="loss: false"):
        Head(hf.AutoModel.from_pretrained(tmp_path / "encoder"))
