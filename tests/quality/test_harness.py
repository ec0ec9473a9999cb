"""lm-evaluation-harness is asked what the config says, offline on a task made of local files, and its results are kept."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import tiny
from langgeom.errors import UserError
from langgeom.models import build_model
from langgeom.quality import harness, read_harness
from langgeom.quality.harness import check_tasks, command, run_harness
from local_task import the_harness, write_task

TOKEN = "hf_MARKERthatMustNeverBeWritten"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    tiny.decoder(tmp_path / "decoder", max_position_embeddings=512)
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}  # the harness wants one
    (tmp_path / "decoder" / "tokenizer_config.json").write_text(json.dumps(settings))
    build_model("m", {"folder": "decoder"}, base=tmp_path, out=tmp_path / "m")
    return tmp_path / "m"


def run(model: Path, tasks: list[str], **changes: Any) -> dict[str, Any]:
    settings = {"tasks": tasks, "shots": None, "limit": None, "include": None, **changes}
    out = model.parent / "harness" / "m.json"
    run_harness(model, out, settings, cache=model.parent / "cache", seed=3)
    found: dict[str, Any] = json.loads(out.read_text())
    assert sorted(path.name for path in out.parent.iterdir()) == ["m.json"]
    return found


def test_the_harness_itself(model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    program = the_harness()
    home = model.parent / "home"
    home.mkdir()
    for key, value in {"HOME": str(home), "HF_HOME": str(home / "hf"), "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "1"}.items():
        monkeypatch.setenv(key, value)
    for language in ("de", "en"):
        write_task(model.parent / "tasks", f"tiny_{language}")
    found = run(model, ["tiny_de", "tiny_en"], shots=1, limit=4, include=model.parent / "tasks")
    assert set(found["results"]) == {"tiny_de", "tiny_en"}
    for task in ("tiny_de", "tiny_en"):
        assert 0 <= found["results"][task]["acc,none"] <= 1 and found["results"][task]["acc_stderr,none"] >= 0
        assert found["n-samples"][task]["effective"] == 4 and found["n-shot"][task] == 1
    assert found["lm_eval_version"] and not set(harness.VOLATILE) & set(found)
    assert "tiny_de" in capsys.readouterr().out
    assert Path(program).name == "lm_eval"
    written = [path for path in model.parent.rglob("*") if path.is_file()]
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]
    assert not [path for path in written if home in path.parents and path.name != "CACHEDIR.TAG"]
    rows = read_harness(model.parent / "harness" / "m.json", {"tiny_de": "deu"})
    assert (rows[0]["n"], rows[0]["shots"], rows[0]["lang"]) == (4, 1, "deu")


# What follows uses a stand-in for lm_eval, a test double: it says what it was asked and writes a results file, or fails.
DOUBLE = """#!{python}
import json, os, pathlib, sys
words = sys.argv[1:]
print("asked", words, os.environ.get("HF_TOKEN"), "https://host/file?Signature=abc")
if {status}:
    print("KeyError: no such task")
    sys.exit({status})
out = pathlib.Path(words[words.index("--output_path") + 1], "model__m")
out.mkdir()
for number in range({files}):
    (out / f"results_{{number}}.json").write_text(json.dumps({{"results": {{}}, "date": 1.5, "asked": words}}))
"""


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(harness, "ENVIRONMENT", Path("nowhere"))

    def install(status: int = 0, files: int = 1) -> None:
        program = tmp_path / "bin" / "lm_eval"
        program.parent.mkdir(exist_ok=True)
        program.write_text(DOUBLE.format(python=sys.executable, status=status, files=files))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return install


def test_what_the_harness_is_asked(model: Path, double: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    double()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    found = run(model, ["global_mmlu_full_de", "m_mmlu_uk"], shots=5, limit=10, include="no tasks here")
    asked = found["asked"]
    options = dict(zip(asked[1::2], asked[2::2], strict=True))
    assert asked[0] == "run"
    assert options.pop("--output_path").startswith(str(model.parent / "harness"))
    assert options == {
        "--model": "hf", "--model_args": f"pretrained={model},dtype=auto,trust_remote_code=False",
        "--tasks": "global_mmlu_full_de,m_mmlu_uk", "--batch_size": "auto", "--seed": "3", "--num_fewshot": "5",
        "--limit": "10", "--include_path": "no tasks here",
    }  # fmt: skip
    assert "date" not in found
    said = capsys.readouterr().out
    assert TOKEN not in said and "***" in said and "https://host/file?..." in said and "abc" not in said
    settings = {"tasks": ["a"], "shots": None, "limit": None, "include": None}
    plain = command("lm_eval", model, Path("out"), settings, 0)
    assert not {"--num_fewshot", "--limit", "--include_path", "--trust_remote_code"} & set(plain)


def test_a_harness_that_fails_is_quoted(model: Path, double: Any) -> None:
    double(status=2)
    with pytest.raises(UserError, match=r"lm_eval failed with status 2\. It ended: .*KeyError: no such task"):
        run(model, ["tiny"])
    double(files=0)
    with pytest.raises(UserError, match="wrote 0 results files instead of one"):
        run(model, ["tiny"])
    assert not list((model.parent / "harness").iterdir())


def test_without_a_harness_the_message_says_what_to_do(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(UserError, match=r"needs lm_eval, which is not here\. Run `make harness`"):
        run(model, ["tiny"])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("doc_to_text: !function utils.text", "names Python code"),
        ("include: ../../elsewhere.yaml", "outside of"),
        ("include: '/elsewhere.yaml'", "outside of"),
    ],
)
def test_tasks_that_are_code_are_refused(model: Path, double: Any, said: str, message: str) -> None:
    write_task(model.parent / "tasks", "mine")
    (model.parent / "tasks" / "deeper").mkdir()
    (model.parent / "tasks" / "deeper" / "more.yaml").write_text(f"task: more\n{said}\n", encoding="utf-8")
    with pytest.raises(UserError, match=message):
        run(model, ["mine"], include=model.parent / "tasks")
    (model.parent / "tasks" / "deeper" / "more.yaml").write_text("task: more\ninclude: ../mine.yaml\n", encoding="utf-8")
    check_tasks(model.parent / "tasks")


def test_an_encoder_is_not_asked(tmp_path: Path) -> None:
    tiny.encoder(tmp_path / "encoder")
    build_model("e", {"folder": "encoder"}, base=tmp_path, out=tmp_path / "e")
    with pytest.raises(UserError, match="names 'e', an encoder"):
        run(tmp_path / "e", ["tiny"])
