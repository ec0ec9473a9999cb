"""`make site` publishes the finished study, and others beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

from report.made import Page
from study import ROOT, Study

pytestmark = pytest.mark.workflow


def test_a_study_alone_and_beside_another(finished: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results, name = finished.folder / "results", finished.folder.name
    other = shutil.copytree(results, tmp_path / "other" / "results", ignore=shutil.ignore_patterns("models", "hidden"))
    site = results / "site"
    try:
        finished.run("site")
        assert not (site / "explorer.html").exists() and (site / name / "explorer.html").exists()
        assert "Nothing to be done" in finished.run("site")
        monkeypatch.setenv("LANGGEOM_STUDIES", f"results {other}")
        finished.run("site")
        assert (site / "other" / "report.html").exists()
        pages = [
            site / page for page in ("index.html", "verdicts.html", "explorer.html", f"{name}/report.html", "other/report.html")
        ]
        for page in pages:
            for link in Page(page.read_text(encoding="utf-8")).all("a", "href"):
                assert (page.parent / unquote(link.split("#")[0])).exists(), (page, link)
        for path in (path for path in site.rglob("*") if path.is_file()):
            for secret in (finished.folder, tmp_path, ROOT):
                assert str(secret).encode() not in path.read_bytes(), (path, secret)
        monkeypatch.setenv("LANGGEOM_STUDIES", f"results {tmp_path / 'none'}")
        assert "none', which has no run.json" in finished.run("site", check=False)
    finally:
        shutil.rmtree(site, ignore_errors=True)
