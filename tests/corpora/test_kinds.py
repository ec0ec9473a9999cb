"""A folder, FLORES-200's layout as folder and archive, and UDHR all give the same kind of corpus file."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from langgeom import corpora
from langgeom.errors import UserError

TEXTS = {"eng_Latn": "one\ntwo\nthree\n", "uig_Arab": "بىر\n\nئۈچ\n"}
SPEC = {"min_lines": 2, "max_characters": 5000}


def build(spec: Mapping[str, Any], text: str, base: Path) -> str:
    source = corpora.sources(spec, text, "eng_Latn", base)[0]
    out = base / "out" / f"{text}.txt"
    corpora.build({**SPEC, **spec}, text, "eng_Latn", source=source, out_txt=out, out_json=out.with_suffix(".json"))
    return out.read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    dataset = tmp_path / "flores200_dataset" / "devtest"
    dataset.mkdir(parents=True)
    for name, content in TEXTS.items():
        (tmp_path / "texts" / f"{name}.txt").write_text(content, encoding="utf-8")
        (dataset / f"{name}.devtest").write_text(content, encoding="utf-8")
    (tmp_path / "texts" / "notes.txt").write_text("not a text")
    with tarfile.open(tmp_path / "flores.tar.gz", "w:gz") as archive:
        archive.add(dataset.parent, "flores200_dataset")
    return tmp_path


SPECS = [
    {"folder": "texts"},
    {"flores": "flores200_dataset", "split": "devtest"},
    {"flores": ".", "split": "devtest"},
    {"flores": "flores.tar.gz", "split": "devtest"},
]


@pytest.mark.parametrize("spec", SPECS, ids=["folder", "flores", "parent", "archive"])
def test_all_give_the_same_file(folder: Path, spec: dict[str, str]) -> None:
    assert corpora.available(spec, folder) == sorted(TEXTS)
    for text, content in TEXTS.items():
        assert build(spec, text, folder) == content


@pytest.mark.parametrize("spec", SPECS[:3], ids=["folder", "flores", "parent"])
def test_the_files_that_a_text_depends_on(folder: Path, spec: dict[str, str]) -> None:
    own, reference = corpora.sources(spec, "uig_Arab", "eng_Latn", folder)
    assert (own.name.split(".")[0], reference.name.split(".")[0]) == ("uig_Arab", "eng_Latn")
    assert own.is_file() and reference.is_file()
    assert len(corpora.sources(spec, "eng_Latn", "eng_Latn", folder)) == 1


@pytest.mark.parametrize("spec", SPECS[:2], ids=["folder", "flores"])
def test_texts_of_different_length_cannot_be_parallel(folder: Path, spec: dict[str, str]) -> None:
    path = corpora.sources(spec, "uig_Arab", "eng_Latn", folder)[0]
    path.write_text("a\nb\n")
    with pytest.raises(UserError, match=r"uig_Arab.* has 2 lines and eng_Latn.* has 3"):
        build(spec, "uig_Arab", folder)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"folder": "nowhere"}, "there is no folder 'nowhere'"),
        ({"folder": "out"}, "there is no folder 'out'"),
        ({"folder": "flores200_dataset"}, "no file named as a text"),
        ({"flores": "nowhere", "split": "dev"}, "there is no 'nowhere'"),
        ({"flores": "flores.tar.gz", "split": "dev"}, "no texts of split 'dev'"),
        ({"flores": "texts/eng_Latn.txt", "split": "dev"}, "cannot be read as an archive"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, spec: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        corpora.available(spec, folder)


@pytest.mark.parametrize("spec", SPECS, ids=["folder", "flores", "parent", "archive"])
def test_a_text_that_is_not_there_is_named(folder: Path, spec: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"uig_Arap.*Did you mean 'uig_Arab'"):
        build(spec, "uig_Arap", folder)
    with pytest.raises(UserError, match=r"eng_Latm.*Did you mean 'eng_Latn'"):
        source = corpora.sources(spec, "eng_Latn", "eng_Latn", folder)[0]
        corpora.build(spec, "eng_Latn", "eng_Latm", source=source, out_txt=folder / "a.txt", out_json=folder / "a.json")


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:60] + b"\xff" * 40 + data[100:]])
def test_a_damaged_archive_is_named(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    (folder / "bad.tar.gz").write_bytes(damage((folder / "flores.tar.gz").read_bytes()))
    with pytest.raises(UserError, match=r"bad\.tar\.gz cannot be read as an archive"):
        corpora.available({"flores": "bad.tar.gz", "split": "devtest"}, folder)


def test_hostile_archive_members_are_not_seen(tmp_path: Path) -> None:
    def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, 2 if kind == tarfile.REGTYPE else 0
        return info

    with tarfile.open(tmp_path / "f.tar", "w") as archive:
        for name in ("d/dev/eng_Latn.dev", "d/../dev/fra_Latn.dev", "/dev/deu_Latn.dev", "d/other/spa_Latn.dev"):
            archive.addfile(member(name), io.BytesIO(b"a\n"))
        archive.addfile(member("d/dev/ita_Latn.dev", tarfile.SYMTYPE, "/etc/passwd"))
        archive.addfile(member("d/dev/por_Latn.dev", tarfile.LNKTYPE, "../../secret"))
    assert corpora.available({"flores": "f.tar", "split": "dev"}, tmp_path) == ["eng_Latn"]


def test_planning_imports_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "pandas", "matplotlib", "numpy"}
    code = f"import sys, langgeom.config; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.strip() == "[]"
