"""The folder that is published: whole, by itself, without a path of the machine; studies side by side."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml

from browsing import Browser, browser, chromium  # noqa: F401 (fixtures)
from explorer.made import pairs
from langgeom.errors import UserError
from langgeom.files import write_json
from langgeom.site import studies, write
from langgeom.table import METRICS, PAIRS, TABLES, TEXTS, read_table, write_rows
from libraries import library  # noqa: F401 (a fixture)
from report.made import HOSTILE, PROVENANCE, Page, finding, plain

TYPED = "/somewhere/else/Anna's & my texts"
PAGES = ("index.html", "verdicts.html", "explorer.html", "here/report.html", "there/report.html")


def finish(folder: Path, words: float, verdict: str) -> None:
    """Leave what a finished study leaves, of a corpus with so many words a sentence, with one finding."""
    results, world = folder / "results", plain()
    world.findings = [finding(1, verdict, value=-0.25, low=-0.5, high=0.125), finding(3, "not testable")]
    world.metrics += [{**row, "text": "fra_Latn", "lang": "fra"} for row in world.metrics if row["text"] == "spa_Latn"]
    world.models[0]["source"] = {"folder": f"{folder}/model", "reference": TYPED, "more": str(Path.home() / "model")}
    world.page(results)
    names = sorted(read_table(results / "metrics.parquet", METRICS)["text"].unique())
    measured = [
        {"corpus": "flores", "text": name, "lang": name[:3], "script": name[4:], "measure": "words", "value": words, "n": 9}
        for name in names
    ]
    write_rows(measured, results / "texts.parquet", TEXTS)
    write_rows([{**row, "corpus": "flores"} for row in pairs(names, {"big": [1, 2]})], results / "pairs.parquet", PAIRS)
    for name in TABLES:
        (results / f"{name}.csv").write_text(f"{name}\n")
    for name in ("subspaces", "model_pairs"):
        write_rows([], results / f"{name}.parquet", TABLES[name])
    (results / "findings.md").write_text(f"Models of {folder}/model.\n")
    (results / "explorer.html").write_text("<!doctype html><title>explorer</title>")
    for path in list((results / "figures").iterdir()):
        for kind in ("png", "csv"):
            path.with_suffix(f".{kind}").write_bytes(b"x")
    settings = {
        "reference": "eng_Latn", "hidden": {"final_norm": True}, "figures": {"id": "id_twonn"},
        "models": {"big": {}, HOSTILE: {}}, "corpora": {"flores": {"folder": TYPED, "texts": names}},
        "home": str(Path.home() / "texts"),
    }  # fmt: skip
    command = f"snakemake --directory={folder} --configfile ../../{folder.name}/mine.yaml"
    write_json(results / "run.json", {"provenance": {**PROVENANCE, "Command": command}, "settings": settings})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    finish(folder / "here", 12, "supported")
    finish(folder / "there", 15, "contradicted")
    return folder


@pytest.fixture(scope="module")
def site(folders: Path, library: Path) -> Path:  # noqa: F811
    """The folder of both studies."""
    given = studies(f"{folders}/here/results {folders}/there/results/")
    citation = Path(__file__).parents[2] / "CITATION.cff"
    write(folders / "site", given, library, citation)
    return folders / "site"


def links(page: Path) -> set[str]:
    """Return where a page's links lead, without those into the page itself."""
    found = Page(page.read_text(encoding="utf-8"))
    return {link.split("#")[0] for tag in ("a", "link", "img") for key in ("href", "src") for link in found.all(tag, key)} - {
        ""
    }


def test_every_link_leads_to_a_file_of_the_folder(site: Path) -> None:
    for page in PAGES:
        for link in links(site / page):
            assert link.startswith("data:") or (site / page).parent.joinpath(unquote(link)).is_file(), (page, link)
    named = {"verdicts.html", "explorer.html", "CITATION.cff", "SHA256SUMS", "here/report.html", "there/config.yaml"}
    assert named | {f"here/{table}.{kind}" for table in TABLES for kind in ("csv", "parquet")} <= links(site / "index.html")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_a_word_or_a_request(browser: Browser, site: Path, page: str) -> None:  # noqa: F811
    browser.show(site / page, width=375)
    assert browser.js("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.js("return window.hurt ?? null") is None


def test_the_checksums_are_of_all_files(site: Path) -> None:
    named = [line.split("  ", 1)[1] for line in (site / "SHA256SUMS").read_text().splitlines()]
    there = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert set(named) == there - {"SHA256SUMS"} and len(named) == len(set(named))
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=site, check=True)


def test_no_file_has_a_path_of_the_machine(site: Path, folders: Path) -> None:
    for path in (path for path in site.rglob("*") if path.is_file()):
        for secret in (str(folders), str(Path.home()), "/somewhere"):
            assert secret.encode() not in path.read_bytes(), (path, secret)
    settings = yaml.safe_load((site / "here" / "config.yaml").read_text(encoding="utf-8"))
    assert settings["corpora"]["flores"]["folder"] == "…/Anna's & my texts" and settings["home"] == "~/texts"
    assert (site / "here" / "findings.md").read_text(encoding="utf-8") == "Models of ./model.\n"
    said = Page((site / "index.html").read_text(encoding="utf-8")).text
    assert "--directory=. --configfile …/mine.yaml" in said and "--configfile …/mine.yaml" in said.split("there", 1)[1]


def test_the_verdicts_stand_side_by_side(site: Path) -> None:
    rows = Page((site / "verdicts.html").read_text(encoding="utf-8")).rows
    assert [cell.split() for cell in rows[0]] == [["Claim"], ["here"], ["there"]]
    first = [" ".join(cell.split()) for cell in rows[1]]
    assert first[0].startswith("C1 ") and first[1].startswith("what was measured: big supported −0.25 [−0.50, 0.12]")
    assert first[2].startswith("what was measured: big contradicted −0.25 [−0.50, 0.12]")
    table = pd.read_csv(site / "verdicts.csv")
    assert table.loc[table["finding"] == "C1", ["study", "verdict"]].to_numpy().tolist() == [
        ["here", "supported"],
        ["there", "contradicted"],
    ]
    said = Page((site / "index.html").read_text(encoding="utf-8")).text
    assert "2 claims put to 2 tests in big" in said and "1 supported" in said and "1 contradicted" in said


def test_one_explorer_has_the_models_of_both(browser: Browser, site: Path) -> None:  # noqa: F811
    facts = browser.open(site / "explorer.html").js("return JSON.parse(document.getElementById('facts').textContent)")
    named = {model["name"] for model in facts["models"]}
    assert named == {f"{study}: {model}" for study in ("here", "there") for model in ("big", "enc")}
    # Sentences of 12 and of 15 words are not the same texts.
    assert facts["corpora"] == ["here: flores", "there: flores"]
    assert set(facts["maps"]) == {"here: big", "there: big"}


def test_texts_that_are_the_same_are_one_corpus(folders: Path, library: Path, tmp_path: Path) -> None:  # noqa: F811
    from langgeom.site import _explorer

    finish(tmp_path / "again", 12, "supported")
    given = studies(f"{folders}/here/results {tmp_path}/again/results")
    runs = {
        name: {"settings": {"reference": "eng_Latn", "hidden": {"final_norm": True}, "figures": {"id": "id_twonn"}}}
        for name in given
    }
    assert _explorer(tmp_path / "one.html", given, runs, library)
    assert '"corpora":["flores"]' in (tmp_path / "one.html").read_text(encoding="utf-8")
    runs["again"]["settings"]["reference"] = "spa_Latn"
    assert not _explorer(tmp_path / "none.html", given, runs, library) and not (tmp_path / "none.html").exists()


def test_a_study_has_the_name_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mine/results", "Anna's own/results", "mine/kept"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "run.json").touch()
    monkeypatch.chdir(tmp_path / "mine")
    assert studies("results") == {"mine": "results"} == studies("./results/")
    # Else the site would have lain upon the results themselves.
    assert studies("../results/../mine/kept ../mine/results") == {"kept": "../mine/kept", "mine": "../mine/results"}
    assert studies('results "../Anna\'s own/results"') == {"mine": "results", "Anna-s-own": "../Anna's own/results"}
    monkeypatch.chdir(tmp_path / "mine" / "kept")
    assert studies("../results") == {"mine": "../results"}
    with pytest.raises(UserError, match=r"STUDIES is .*Anna's own/results.* quote"):
        studies("../../Anna's own/results")
    with pytest.raises(UserError, match=r"STUDIES names '\.\./\.\./Anna.* single quotes"):
        studies("../../Anna\\'s own/results")


def test_what_is_no_study_is_refused(folders: Path, tmp_path: Path) -> None:
    assert list(studies("results")) == [Path.cwd().name]  # made by the run itself
    with pytest.raises(UserError, match=r"STUDIES names '.*empty'.* run\.json"):
        studies(str(tmp_path / "empty"))
    with pytest.raises(UserError, match=r"two studies called 'here'.*rename"):
        studies(f"{folders}/here/results {folders}/./here/results")
