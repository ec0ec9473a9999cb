"""The user's own files are never lost, and a replacement of one is always noticed."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from langgeom.config import check
from langgeom.errors import UserError
from study import Study

pytestmark = pytest.mark.workflow


def source_settings(kind: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the key of a source of the user's, and settings that name a path there."""
    corpora: dict[str, Any] = {"mine": {"folder": "texts", "min_lines": 1, "texts": ["eng_Latn"]}}
    models: dict[str, Any] = {"decoder": {"folder": "decoder"}}
    settings: dict[str, Any] = {"corpora": corpora, "models": models}
    if kind in ("folder", "flores", "table"):
        corpora["mine"] = {kind: path, "min_lines": 1, "texts": ["eng_Latn"]}
        return f"corpora.mine.{kind}", settings
    if kind in ("blimp", "pairs"):
        corpora["errors"] = {"grammar": {kind: path}, "min_lines": 1}
        return f"corpora.errors.grammar.{kind}", settings
    if kind == "include":
        settings["quality"] = {"harness": {"models": ["decoder"], "tasks": {"my_mmlu": "eng"}, "include": path}}
        return "quality.harness.include", settings
    models["decoder"] = {"folder": path} if kind == "model" else {"folder": "decoder"}
    if kind == "untrained":
        models["twin"] = {"untrained": path}
    return {"model": "models.decoder.folder", "untrained": "models.twin.untrained"}[kind], settings


@pytest.fixture(scope="module")
def given(fresh: Callable[[], Study]) -> Study:
    """A study with one source of each kind outside of its results."""
    study = fresh()
    (study.folder / "tasks").mkdir()
    (study.folder / "tasks" / "mine.yaml").write_text("task: my_mmlu\n")
    (study.folder / "pairs.csv").write_text("Error Type,Ungrammatical Statement,Standard English\nT,He write.,He writes.\n")
    (study.folder / "pairs.jsonl").write_text('{"sentence_good": "He writes.", "sentence_bad": "He write."}\n')
    (study.folder / "table.csv").write_text("eng_Latn\nHe writes.\n")
    with tarfile.open(study.folder / "flores.tar", "w") as archive:
        archive.add(study.folder / "texts" / "eng_Latn.txt", "flores200_dataset/devtest/eng_Latn.devtest")
    return study


SOURCES = {
    "folder": "texts", "flores": "flores.tar", "table": "table.csv", "pairs": "pairs.csv", "blimp": "pairs.jsonl",
    "include": "tasks", "model": "decoder", "untrained": "decoder",
}  # fmt: skip


@pytest.fixture
def inside(given: Study) -> Iterator[Path]:
    """The folder `results` of that study, emptied after the test."""
    (given.folder / "results" / "mine").mkdir(parents=True)
    yield given.folder / "results"
    shutil.rmtree(given.folder / "results")
    (given.folder / "link").unlink(missing_ok=True)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_inside_results_is_refused(given: Study, inside: Path, kind: str) -> None:
    name = SOURCES[kind]
    key, settings = source_settings(kind, name)
    check(settings, given.folder)
    copy = shutil.copytree if (given.folder / name).is_dir() else shutil.copy
    copy(given.folder / name, inside / "mine" / name)
    (given.folder / "link").symlink_to(inside / "mine" / name)
    for path in (f"results/mine/{name}", f"./texts/../results/mine/{name}", str(inside / "mine" / name), "link"):
        _, settings = source_settings(kind, path)
        with pytest.raises(UserError, match=rf"^config: {re.escape(key)} is '{re.escape(path)}'.*Snakemake removes.*copy them"):
            check(settings, given.folder)


@pytest.mark.parametrize("kind", ["folder", "model", "include"])
def test_a_folder_whose_files_are_links_into_results_is_refused(given: Study, inside: Path, kind: str, tmp_path: Path) -> None:
    for path in (given.folder / SOURCES[kind]).iterdir():
        shutil.copy(path, inside / "mine")
        (tmp_path / path.name).symlink_to(inside / "mine" / path.name)
    key, settings = source_settings(kind, str(tmp_path))
    with pytest.raises(UserError, match=rf"^config: {key} .*results"):
        check(settings, given.folder)


@pytest.mark.parametrize("kind", SOURCES)
def test_braces_in_a_path_are_refused(given: Study, kind: str) -> None:
    key, settings = source_settings(kind, "a{text}b")
    if kind == "include":
        (given.folder / "a{text}b").mkdir()
    with pytest.raises(UserError, match=rf"^config: {key} is 'a{{text}}b'; .*rename"):
        check(settings, given.folder)


def test_snakemake_leaves_them_alone(fresh: Callable[[], Study]) -> None:
    study = fresh()
    for source, target in (("decoder", "models/decoder"), ("texts", "corpora/mine")):
        shutil.copytree(study.folder / source, study.folder / "results" / target)
    before = study.files("**/*.*")
    for change in ({"models": {"decoder": {"folder": "results/models/decoder"}}},
                   {"corpora": {"mine": {"folder": "results/corpora/mine", "texts": ["eng_Latn"]}}}):  # fmt: skip
        study.settings = {**study.settings, **change}
        assert "lies in this study's results" in study.run("models", "corpora", check=False)
        study.settings = fresh().settings
    assert {name: content for name, content in study.files("**/*.*").items() if name in before} == before


def replaced(path: Path, content: bytes) -> None:
    """Replace a file by one with an older date, as rsync -a, cp -p and unzip do."""
    path.write_bytes(content)
    os.utime(path, (1e9, 1e9))


def test_a_replacement_with_an_older_date_is_noticed(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["corpora"]["mine"]["texts"] = ["eng_Latn", "spa_Latn"]
    study.settings["corpora"]["mine"]["documents"] = "documents.tsv"
    study.settings["models"] = {"decoder": {"folder": "decoder"}}
    documents, lines = study.folder / "documents.tsv", (study.folder / "texts" / "eng_Latn.txt").read_text().splitlines()
    documents.write_text("".join(f"{number // 2}\n" for number in range(len(lines))))
    targets = ("corpora", "models")
    study.run(*targets)
    assert (study.folder / "results/corpora/mine/documents.txt").read_bytes() == documents.read_bytes()
    assert "Nothing to be done" in study.run(*targets, "--dry-run")
    text, weights = study.folder / "texts" / "spa_Latn.txt", study.folder / "decoder" / "config.json"
    status, content = text.stat(), text.read_bytes()
    replaced(text, content.replace(b"pueblo", b"gentio"))
    assert re.search(r"^corpus +1$", study.run(*targets, "--dry-run"), re.MULTILINE)
    text.write_bytes(content)
    os.utime(text, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "Nothing to be done" in study.run(*targets, "--dry-run")
    replaced(documents, b"1" + documents.read_bytes()[1:])
    assert re.search(r"^documents +1$", study.run(*targets, "--dry-run"), re.MULTILINE)
    replaced(weights, weights.read_bytes() + b"\n")
    assert re.search(r"^model +1$", study.run(*targets, "--dry-run"), re.MULTILINE)


def test_unknown_models_and_corpora_are_one_message(fresh: Callable[[], Study]) -> None:
    study = fresh()
    for target in ("results/models/decodr", "results/corpora/min/eng_Latn.txt"):
        output = study.run(target, "--dry-run", check=False)
        assert "No rule to produce" in output and "KeyError" not in output and "Traceback" not in output
