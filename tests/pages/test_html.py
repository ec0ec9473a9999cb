"""Nothing put into a page can end where it stands, or run as what it is not."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import jinja2
import pytest

from langgeom.errors import UserError
from langgeom.pages import ROOT, duration, large, many, memory, policy, span, write_page
from langgeom.pages.libraries import ECHARTS, read_library

HOSTILE = "</script><!-- & <b> {{ title }} ' \" \u2028"


def page(folder: Path, scripts: tuple[str, ...] = (), **values: Any) -> str:
    """Return the explorer's page of these values."""
    facts: dict[str, Any] = {"models": [], "texts": [], "references": {}}
    given: dict[str, Any] = {"facts": facts, "words": {}, "blocks": []} | values
    write_page(folder / "page.html", "explorer/page.html", HOSTILE, "explorer/explorer.css", scripts, **given)
    return (folder / "page.html").read_text(encoding="utf-8")


def test_values_are_text_and_are_not_filled_again(tmp_path: Path) -> None:
    text = page(tmp_path, facts={"models": [1], "texts": [1, 2], "references": {HOSTILE: ""}})
    assert f"<p>1 model, 2 texts: {html.escape(HOSTILE).replace('&#x27;', '&#39;').replace('&quot;', '&#34;')}. <a" in text
    assert text.startswith('<!doctype html>\n<html lang="en">\n<head>') and text.endswith("</body>\n</html>\n")
    assert text.count("<head>") == text.count("<body") == text.count("<title>&lt;/script&gt;") == 1


def test_data_holds_nothing_that_html_reads(tmp_path: Path) -> None:
    (data,) = re.findall(r'id="words">(.*?)</script>', page(tmp_path, words={"name": HOSTILE, "a": "ä"}))
    assert not set("<>&") & set(data) and list(json.loads(data).items()) == [("name", HOSTILE), ("a", "ä")] and "ä" in data
    with pytest.raises(ValueError, match="JSON"):
        page(tmp_path, words=float("nan"))


def test_a_value_that_lacks_leaves_no_page(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match="models"):
        page(tmp_path, facts={})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["'</script>'", "'</SCRIPT '", "'<!--'"])
def test_a_script_that_ends_its_element_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be part of a page"):
        page(tmp_path, (text,))


def test_the_policy_names_each_script_and_no_request(tmp_path: Path) -> None:
    script = "const a = 1 < 2 && '{{ title }}';"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in policy([script]).split("; "))
    assert rules["default-src"] == "'none'" and rules["script-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in rules["script-src"] and "connect-src" not in rules and "script-src 'none'" in policy([])
    text = page(tmp_path, (script,))
    assert policy([script]).replace("'", "&#39;") in text and f"<script>{script}</script>" in text


def test_only_styles_and_scripts_are_put_in_as_they_are() -> None:
    found = {match for path in ROOT.rglob("*.html") for match in re.findall(r"\{\{[^}]*safe[^}]*\}\}", path.read_text("utf-8"))}
    assert found == {"{{ style | safe }}", "{{ script | safe }}"}


@pytest.mark.parametrize(
    "seconds,words", [(0.44, "0.4 s"), (10, "10 s"), (59.6, "1 min 00 s"), (131.95, "2 min 12 s"), (3900, "1 h 05 min")]
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_numbers_in_words() -> None:
    assert [memory(512.4), memory(1024), memory(1843.2)] == ["512 MiB", "1.0 GiB", "1.8 GiB"]
    assert [large(12_345), large(134_515_008), large(6_738_415_616)] == ["12,345", "135 M", "6.74 B"]
    assert [many(1, "text"), many(2200, "text"), span([58, 58]), span([1000, 56])] == [
        "1 text",
        "2,200 texts",
        "58",
        "56 to 1,000",
    ]


def test_a_library_comes_with_its_licence(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "own.tgz", "w:gz") as archive:
        for name, text in zip((ECHARTS.file, *ECHARTS.licences), ("let echarts;", "Licence */ of it", "Notice\n"), strict=True):
            (tmp_path / Path(name).name).write_text(text)
            archive.add(tmp_path / Path(name).name, arcname=name)
    own = ECHARTS._replace(sha256=hashlib.sha256((tmp_path / "own.tgz").read_bytes()).hexdigest())
    assert read_library(tmp_path / "own.tgz", own) == "/*\nLicence * / of it\n\nNotice\n*/\nlet echarts;"
    (tmp_path / "other.tgz").write_text("none")
    with pytest.raises(UserError, match="is not the npm package echarts"):
        read_library(tmp_path / "other.tgz", ECHARTS)
