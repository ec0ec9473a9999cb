"""`snakemake --report`: what is in it, under which category and with which words; made without a network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from langgeom.figures.catalogue import FIGURES
from study import Study

pytestmark = pytest.mark.workflow
CATEGORIES = {
    "Figures": {f"{name}.svg" for name in FIGURES},
    "Findings": {"findings.md", "findings.csv"},
    "Tables": {"metrics.csv", "texts.csv", "pairs.csv", "subspaces.csv", "model_pairs.csv", "quality.csv"},
    "Pages": {"report.html", "explorer.html"},
}
NOWHERE = "http://127.0.0.1:9"  # no proxy listens there


@pytest.fixture(scope="module")
def packed(finished: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study, made where every way out is closed."""
    path = tmp_path_factory.mktemp("report") / "run.zip"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.setenv(name, NOWHERE)
        finished.run("--report", str(path))
    return path


@pytest.fixture(scope="module")
def page(packed: Path) -> str:
    with ZipFile(packed) as archive:
        return archive.read("run/report.html").decode("utf-8")


def data(page: str, name: str) -> Any:
    """Return what the page's scripts read under a name."""
    found = re.search(rf'<script id="[\w-]+">\s*var {name} = ', page)
    assert found is not None, name
    return json.JSONDecoder().raw_decode(page, found.end())[0]


def test_results_stand_in_their_categories(page: str) -> None:
    found = {
        category: {Path(path).name for paths in below.values() for path in paths}
        for category, below in data(page, "categories").items()
    }
    assert found == CATEGORIES


def test_each_has_a_caption_and_a_label_of_its_own(page: str) -> None:
    results = data(page, "results")
    labels = {path: json.dumps(result["labels"]) for path, result in results.items()}
    assert len(set(labels.values())) == len(results) == sum(map(len, CATEGORIES.values()))
    for path, result in results.items():
        words = re.sub("<[^>]+>", "", result["caption"])
        assert len(words.split()) > 8 and "{{" not in words and "System Message" not in words, (path, words)
    assert "id_twonn" in results["results/findings.csv"]["caption"]  # captions quote the settings


def test_it_holds_the_files_themselves(packed: Path, page: str, finished: Study) -> None:
    with ZipFile(packed) as archive:
        for path, result in data(page, "results").items():
            assert archive.read(f"run/{result['data_uri']}") == (finished.folder / path).read_bytes()


def test_it_asks_for_nothing(page: str) -> None:
    assert not re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="https?:', page)
    assert "pages are self-contained" in data(page, "workflow_desc")
