"""Of models with more than one part only that which reads text is kept, counted, run and given random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, processors
from transformers import (
    AutoModel,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    CLIPVisionConfig,
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
)

import tiny
from langgeom.errors import UserError
from langgeom.hidden.extract import extract
from langgeom.hidden.load import load
from langgeom.hidden.tokens import TextTokenizer
from langgeom.models import build_model
from langgeom.models.manifest import read_manifest
from langgeom.models.part import auto_of, part_of

LINES = [*tiny.LINES, "free and equal"]
VISION = {**tiny.SIZES, "image_size": 28, "patch_size": 14}
BOTH = {
    f"{part}_{key}": size
    for part in ("encoder", "decoder")
    for key, size in (("layers", 2), ("ffn_dim", 64), ("attention_heads", 4))
}
RANDOM = {"initializer_range": 0.2, "max_position_embeddings": 128}


def gemma(vocab_size: int, **_: Any) -> Gemma3Config:
    text = {**tiny.SIZES, **RANDOM, "vocab_size": vocab_size, "num_key_value_heads": 2, "head_dim": 8, "sliding_window": 8}
    return Gemma3Config(text_config=text, vision_config=VISION)


def llava(vocab_size: int, **_: Any) -> LlavaConfig:
    text = LlamaConfig(**tiny.SIZES, **RANDOM, vocab_size=vocab_size)
    return LlavaConfig(text_config=text, vision_config=CLIPVisionConfig(**VISION), tie_word_embeddings=False)


def bart(vocab_size: int, **_: Any) -> BartConfig:
    return BartConfig(**BOTH, vocab_size=vocab_size, d_model=32, init_std=0.2, max_position_embeddings=128, pad_token_id=0)


def mt5(vocab_size: int, **_: Any) -> MT5Config:
    sizes = {"d_model": 32, "num_layers": 2, "num_decoder_layers": 3, "d_ff": 64, "d_kv": 8, "num_heads": 4}
    return MT5Config(**sizes, vocab_size=vocab_size, pad_token_id=0)


WHOLE: dict[str, tuple[Any, Callable[..., Any], str]] = {
    "gemma": (Gemma3ForConditionalGeneration, gemma, "decoder"),
    "llava": (LlavaForConditionalGeneration, llava, "decoder"),
    "bart": (BartForConditionalGeneration, bart, "encoder"),
    "mt5": (MT5ForConditionalGeneration, mt5, "encoder"),
}


@pytest.fixture(scope="module", params=sorted(WHOLE))
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a folder with a whole model in `source`, and what is made of it in `m`; and the model's name here."""
    base, (model, config, _) = tmp_path_factory.mktemp(request.param), WHOLE[request.param]
    tiny.save(base / "source", model, config, tiny.byte_level(), 0, {})
    build_model("m", {"folder": "source"}, base=base, out=base / "m")
    return base, request.param


def test_states_and_scores_are_those_of_the_whole(whole: tuple[Path, str]) -> None:
    base, name = whole
    model = WHOLE[name][0].from_pretrained(base / "source").eval()
    loaded = load(base / "m", "float32")
    assert loaded.manifest["kind"] == WHOLE[name][2] and (loaded.head is None) == (loaded.manifest["kind"] == "encoder")
    states = extract(loaded, LINES, {"batch_tokens": 128})
    run = model if loaded.head else model.get_encoder()
    own, nll = [], []
    for sentence in loaded.tokenizer(LINES, 512).sentences:
        with torch.no_grad():
            output = run(input_ids=torch.tensor([sentence.ids]), output_hidden_states=True)
        own.append(torch.stack([layer[0, sentence.content] for layer in output.hidden_states]))
        if loaded.head:
            said = output.logits[0, :-1].double().log_softmax(-1)
            nll.append(-said[range(len(said)), sentence.ids[1:]].sum())
    torch.testing.assert_close(states.token.float(), torch.cat(own, 1), rtol=1e-4, atol=1e-5)
    if loaded.head:
        assert states.nll is not None
        torch.testing.assert_close(states.nll, torch.stack(nll), rtol=1e-4, atol=1e-4)


def test_only_the_part_is_kept_and_counted(whole: tuple[Path, str]) -> None:
    base, _ = whole
    manifest, loaded = read_manifest(base / "m"), load(base / "m", "float32")
    kept = load_file(base / "m" / "model.safetensors")
    heads = {loaded.head.weight} if loaded.head else set()
    assert manifest["parameters"] == sum(value.numel() for value in kept.values())
    assert manifest["parameters"] == sum(weight.numel() for weight in {*loaded.trunk.parameters(), *heads})  # tied ones once
    assert manifest["parameters"] < sum(value.numel() for value in load_file(base / "source" / "model.safetensors").values())


def test_twins_of_the_part_and_of_the_whole_are_alike(whole: tuple[Path, str]) -> None:
    base, _ = whole
    build_model("t", {"untrained": "m"}, [base / "m"], base=base, out=base / "t")
    build_model("u", {"untrained": "source"}, base=base, out=base / "u")
    part, twin, other = (load_file(base / name / "model.safetensors") for name in "mtu")
    assert {key: value.shape for key, value in twin.items()} == {key: value.shape for key, value in part.items()}
    assert all(torch.equal(value, other[key]) for key, value in twin.items())
    assert not any(torch.equal(value, part[key]) for key, value in twin.items() if value.ndim == 2)
    assert load(base / "t", "float32").causal == load(base / "m", "float32").causal


def test_an_architecture_of_somebodys_own_is_loaded_by_its_type() -> None:
    config = BertConfig(**tiny.SIZES)
    config.architectures = ["SentenceEncoder"]
    assert part_of(config) is None and auto_of(config, head=False) is AutoModel


def test_shards_are_read_each_and_the_users_stay(tmp_path: Path) -> None:
    tiny.save(tmp_path / "source", BartForConditionalGeneration, bart, tiny.byte_level(), 0, {})
    build_model("one", {"folder": "source"}, base=tmp_path, out=tmp_path / "one")
    model = BartForConditionalGeneration.from_pretrained(tmp_path / "source")
    (tmp_path / "source" / "model.safetensors").unlink()
    model.save_pretrained(tmp_path / "source", max_shard_size="40KB")
    before = {path: path.read_bytes() for path in (tmp_path / "source").iterdir()}
    build_model("many", {"folder": "source"}, base=tmp_path, out=tmp_path / "many")
    assert {path: path.read_bytes() for path in (tmp_path / "source").iterdir()} == before
    assert read_manifest(tmp_path / "many")["parameters"] == read_manifest(tmp_path / "one")["parameters"]
    states = [extract(load(tmp_path / name, "float32"), LINES, {}).token for name in ("one", "many")]
    assert torch.equal(*states)
    (tmp_path / "source" / "model.safetensors.index.json").unlink()
    for path in (tmp_path / "source").glob("*.safetensors"):
        path.write_bytes(b"")
    with pytest.raises(UserError, match="is no safetensors file"):
        build_model("none", {"folder": "source"}, base=tmp_path, out=tmp_path / "none")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    tiny.save(tmp_path / "source", BartForConditionalGeneration, bart, tiny.byte_level(), 0, {})
    tiny.decoder(tmp_path / "decoder")
    (tmp_path / "decoder" / "model.safetensors").rename(tmp_path / "source" / "model.safetensors")
    with pytest.raises(UserError, match="hold 0 parts that BartEncoder could be"):
        build_model("m", {"folder": "source"}, base=tmp_path, out=tmp_path / "m")


@pytest.fixture
def languages(tmp_path: Path) -> Path:
    """Return a folder with an encoder in `source` whose tokenizer names the language as NLLB's does."""
    tokenizer = tiny.byte_level()
    names = ["eng_Latn", "deu_Latn", "zho_Hans", "</s>"]
    tokenizer.add_special_tokens(names)
    ids = [(name, tokenizer.token_to_id(name)) for name in names]
    tokenizer.post_processor = processors.TemplateProcessing(single="eng_Latn $A </s>", special_tokens=ids)
    tiny.save(tmp_path / "source", BartForConditionalGeneration, bart, tokenizer, 0, {})
    return tmp_path


def test_the_language_of_each_text_is_named(languages: Path) -> None:
    build_model("m", {"folder": "source", "language": {"cmn_Hans": "zho_Hans"}}, base=languages, out=languages / "m")
    build_model("t", {"untrained": "m"}, [languages / "m"], base=languages, out=languages / "t")
    for folder in (languages / "m", languages / "t"):
        tokenizer = TextTokenizer(folder)
        number = tokenizer.tokenizer.token_to_id
        for text, token in (("eng_Latn", "eng_Latn"), ("deu_Latn_wordsShuffled", "deu_Latn"), ("cmn_Hans", "zho_Hans")):
            (sentence,) = tokenizer(["free eng_Latn"], 99, text=text).sentences
            assert (sentence.ids[0], sentence.ids[-1]) == (number(token), number("</s>"))
            assert sentence.ids[1:-1] == tokenizer(["free eng_Latn"], 99, text="eng_Latn").sentences[0].ids[1:-1]
        for text in ("fra_Latn", ""):
            with pytest.raises(UserError, match=r"has no token .*Set `language: \{.*to the token of that language"):
                tokenizer(["free"], 99, text=text)
    assert "warnings" not in read_manifest(languages / "m")
    states = [extract(load(languages / "m", "float32"), LINES, {}, name=name).token for name in ("eng_Latn", "deu_Latn")]
    assert not torch.allclose(*states)


def test_a_language_behind_the_sentence_is_told(languages: Path) -> None:
    path = languages / "source" / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    ids = [(name, tokenizer.token_to_id(name)) for name in ("eng_Latn", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s> eng_Latn", special_tokens=ids)
    tokenizer.save(str(path))
    build_model("m", {"folder": "source"}, base=languages, out=languages / "m")
    (said,) = read_manifest(languages / "m")["warnings"]
    assert "puts eng_Latn behind a sentence" in said
    assert TextTokenizer(languages / "m")(["free"], 99, text="deu_Latn").sentences[0].ids[-1] == tokenizer.token_to_id(
        "deu_Latn"
    )


def test_tokens_of_languages_that_are_none(languages: Path) -> None:
    with pytest.raises(UserError, match=r"language\.cmn_Hans is 'zho_Hant', no special token.*zho_Hans"):
        build_model("m", {"folder": "source", "language": {"cmn_Hans": "zho_Hant"}}, base=languages, out=languages / "m")
    tiny.decoder(languages / "plain")
    with pytest.raises(UserError, match="names no language; remove `language`"):
        build_model("m", {"folder": "plain", "language": {}}, base=languages, out=languages / "m")
