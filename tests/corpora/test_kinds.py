"""A folder, FLORES-200's layout as folder and archive, and UDHR all give the same kind of corpus file."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from langgeom.corpora import corpus_of, flores
from langgeom.errors import UserError

TEXTS = {"eng_Latn": "one\ntwo\nthree\n", "uig_Arab": "بىر\n\nئۈچ\n"}
SPEC = {"min_lines": 2, "max_characters": 5000}


def build(spec: Mapping[str, Any], text: str, base: Path, reference: str = "eng_Latn") -> str:
    corpus = corpus_of("c", {**SPEC, **spec}, base, reference)
    out = base / "out" / f"{text}.txt"
    corpus.build(text, [Path(path) for path in corpus.inputs(text)], out_txt=out, out_json=out.with_suffix(".json"))
    return out.read_text(encoding="utf-8")


def available(spec: Mapping[str, Any], base: Path) -> list[str] | None:
    return corpus_of("c", spec, base).texts()


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
    assert available(spec, folder) == sorted(TEXTS)
    for text, content in TEXTS.items():
        assert build(spec, text, folder) == content


@pytest.mark.parametrize("spec", SPECS[:3], ids=["folder", "flores", "parent"])
def test_the_files_that_a_text_depends_on(folder: Path, spec: dict[str, str]) -> None:
    corpus = corpus_of("c", spec, folder)
    own, reference = map(Path, corpus.inputs("uig_Arab"))
    assert (own.name.split(".")[0], reference.name.split(".")[0]) == ("uig_Arab", "eng_Latn")
    assert own.is_file() and reference.is_file()
    assert len(corpus.inputs("eng_Latn")) == 1
    assert corpus.identity("eng_Latn") == [(str(reference), reference.stat().st_size, reference.stat().st_mtime_ns)]
    assert corpus.peek("eng_Latn") == ["one", "two", "three", ""]


@pytest.mark.parametrize("spec", SPECS[:2], ids=["folder", "flores"])
def test_texts_of_different_length_cannot_be_parallel(folder: Path, spec: dict[str, str]) -> None:
    corpus_of("c", spec, folder).files("uig_Arab")[0].write_text("a\nb\n")
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
        ({"flores": "flores200_dataset/devtest", "split": "devtest"}, "name the folder above it"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, spec: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        available(spec, folder)


@pytest.mark.parametrize("spec", SPECS, ids=["folder", "flores", "parent", "archive"])
def test_a_text_that_is_not_there_is_named(folder: Path, spec: dict[str, str]) -> None:
    with pytest.raises(UserError, match=r"uig_Arap.*Did you mean 'uig_Arab'"):
        build(spec, "uig_Arap", folder)
    with pytest.raises(UserError, match=r"eng_Latm.*Did you mean 'eng_Latn'"):
        build(spec, "eng_Latn", folder, "eng_Latm")


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:60] + b"\xff" * 40 + data[100:]])
def test_a_damaged_archive_is_named(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    (folder / "bad.tar.gz").write_bytes(damage((folder / "flores.tar.gz").read_bytes()))
    with pytest.raises(UserError, match=r"bad\.tar\.gz cannot be read as an archive"):
        available({"flores": "bad.tar.gz", "split": "devtest"}, folder)


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
    assert available({"flores": "f.tar", "split": "dev"}, tmp_path) == ["eng_Latn"]


def test_members_that_begin_with_a_dot(folder: Path) -> None:
    """As in the official archive."""
    with tarfile.open(folder / "dots.tar.gz", "w:gz") as archive:
        archive.add(folder / "flores200_dataset", "./flores200_dataset")
    for text, content in TEXTS.items():
        assert build({"flores": "dots.tar.gz", "split": "devtest"}, text, folder) == content


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.rename(path.with_suffix(".TXT")), r"has uig_Arab\.TXT.*Rename the file"),
        (lambda path: path.rename(path.with_name("UIG_arab.txt")), r"has UIG_arab\.txt.*Rename the file"),
        (lambda path: (path.unlink(), path.symlink_to("nowhere.txt")), r"is a link to nowhere\.txt"),
        (lambda path: (path.unlink(), path.mkdir()), "is a folder, but a text is one file"),
    ],
    ids=["suffix", "case", "link", "folder"],
)
def test_what_is_almost_a_text_is_named(folder: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(folder / "texts" / "uig_Arab.txt")
    corpus = corpus_of("c", {"folder": "texts", "texts": list(TEXTS)}, folder)
    assert corpus.texts() == ["eng_Latn"]
    with pytest.raises(UserError, match=said):
        corpus.check()


def documents(spec: Mapping[str, Any], base: Path) -> list[str] | None:
    corpus, out = corpus_of("c", spec, base), base / "documents.txt"
    if not corpus.document_inputs():
        return None
    corpus.build_documents([Path(path) for path in corpus.document_inputs()], base / "texts" / "eng_Latn.txt", out)
    return out.read_text(encoding="utf-8").splitlines()


def test_documents_of_a_folder(folder: Path) -> None:
    assert documents({"folder": "texts"}, folder) is None
    (folder / "mine.tsv").write_bytes("\ufeffä b\r\n\r\nä b\r\n".encode())
    spec = {"folder": "texts", "documents": "mine.tsv", "texts": list(TEXTS)}
    assert documents(spec, folder) == ["ä b", "line 2", "ä b"]
    assert corpus_of("c", spec, folder).document_files() == [folder / "mine.tsv"]
    (folder / "mine.tsv").write_text("a\nb\n")
    with pytest.raises(UserError, match=r"mine\.tsv names the documents of 2 lines, and eng_Latn has 3"):
        documents(spec, folder)
    with pytest.raises(UserError, match=r"documents: there is no file 'none\.tsv'"):
        corpus_of("c", {**spec, "documents": "none.tsv"}, folder).check()


@pytest.mark.parametrize("spec", SPECS[1:], ids=["flores", "parent", "archive"])
@pytest.mark.parametrize("dots", [False, True])
def test_documents_of_flores_are_its_articles(folder: Path, spec: dict[str, str], dots: bool) -> None:
    def archived() -> None:
        with tarfile.open(folder / "flores.tar.gz", "w:gz") as archive:
            archive.add(folder / "flores200_dataset", "./flores200_dataset" if dots else "flores200_dataset")
        flores._inside.cache_clear()

    metadata = folder / "flores200_dataset" / "metadata_devtest.tsv"
    metadata.write_text("URL\tdomain\ttopic\nhttps://a/1\twikinews\tx\nhttps://a/2\twikinews\ty\nhttps://a/1\twikinews\tx\n")
    archived()
    assert documents(spec, folder) == ["https://a/1", "https://a/2", "https://a/1"]
    assert documents({**spec, "split": "dev"}, folder) is None
    for said, content in (("column URL", "domain\tURI\nx\ty\nx\ty\nx\ty\n"), ("of 1 lines, and eng_Latn has 3", "URL\na\n")):
        metadata.write_text(content)
        archived()
        with pytest.raises(UserError, match=said):
            documents(spec, folder)


def test_documents_that_are_downloaded() -> None:
    public = {"url": "https://x/flores200_dataset.tar.gz", "sha256": flores.PUBLIC}
    for chosen, known in ((public, True), ({**public, "sha256": "0" * 64}, False)):
        corpus = corpus_of("c", {"flores": chosen, "split": "dev"})
        assert corpus.document_inputs() == [corpus.pins()[0].path] * known and not corpus.document_files()
    corpus = corpus_of("c", {"ntrex": {"address": "https://x/y"}, "texts": ["eng_Latn"]})
    (pin,) = corpus.pins()[1:]
    assert pin.package == "https://x/y/DOCUMENT_IDS.tsv" and corpus.document_inputs() == [pin.path]
    assert corpus_of("c", {"udhr": {"version": "6.0.0"}}).document_inputs() == []


def test_warnings_stand_in_the_report_and_in_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    for text, content, said in (("uig_Arab", "a\nb\nc\n", "Arab"), ("deu_Latn", TEXTS["eng_Latn"], "all lines are those of")):
        (folder / "texts" / f"{text}.txt").write_text(content)
        build({"folder": "texts"}, text, folder)
        (warning,) = json.loads((folder / "out" / f"{text}.json").read_text())["warnings"]
        assert said in warning and f"{text}: {warning}" in caplog.text
    build({"folder": "texts"}, "eng_Latn", folder)
    assert "warnings" not in json.loads((folder / "out" / "eng_Latn.json").read_text())


def test_planning_imports_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "tokenizers", "huggingface_hub", "datasets", "pandas", "matplotlib", "numpy"}
    config = Path(__file__).parents[2] / "config.yaml"
    code = (
        "import sys, yaml, langgeom.config as c; "
        f"c.check(yaml.safe_load(open({str(config)!r}))); print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.strip() == "[]"
