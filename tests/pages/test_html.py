"""Nothing put into a page can end where it stands, or run as what it is not."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from langgeom.errors import UserError
from langgeom.pages.html import Markup, as_json, fill, page, policy, script
from langgeom.pages.libraries import D3, read_library

HOSTILE = "</script><!-- & <b> \u2028 \u2029"


def test_json_holds_nothing_that_html_reads() -> None:
    text = as_json({"name": HOSTILE})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": HOSTILE}
    with pytest.raises(ValueError, match="JSON"):
        as_json(float("nan"))


def test_parts_are_escaped_and_not_filled_again() -> None:
    page = fill("<p>{{text}}</p>{{script}}", {"text": "<b>{{script}}</b>"}, {"script": Markup("<i>{{text}}</i>")})
    assert page == "<p>&lt;b&gt;{{script}}&lt;/b&gt;</p><i>{{text}}</i>"
    with pytest.raises(KeyError):
        fill("{{nothing}}", {}, {})


@pytest.mark.parametrize("text", ["'</script>'", "'</SCRIPT '", "'<!--'"])
def test_a_script_that_ends_its_element_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in a page"):
        script(text)


def test_the_policy_names_each_script_and_no_request() -> None:
    text = "const a = 1;"
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in policy([text]).split("; "))
    assert rules["default-src"] == "'none'" and rules["script-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in rules["script-src"] and "connect-src" not in rules


def test_a_page_has_its_head_once_and_its_body_as_given() -> None:
    text = page("a <title>", ["let a;"], ["p { color: red }\n"], "<body>\n<p>{{kept}}</p>\n</body>\n")
    assert text.startswith('<!doctype html>\n<html lang="en">\n<head>') and text.endswith("</body>\n</html>\n")
    assert "<title>a &lt;title&gt;</title>" in text and "p { color: red }\n</style>\n</head>\n<body>\n<p>{{kept}}</p>" in text
    assert policy(["let a;"]).replace("'", "&#x27;") in text and text.count("<head>") == 1


def test_a_library_comes_with_its_licence(tmp_path: Path) -> None:
    for name, text in ((D3.file, "let d3;"), (D3.licence, "Licence */ of it")):
        (tmp_path / Path(name).name).write_text(text)
    with tarfile.open(tmp_path / "d3.tgz", "w:gz") as archive:
        for name in (D3.file, D3.licence):
            archive.add(tmp_path / Path(name).name, arcname=name)
    own = D3._replace(sha256=hashlib.sha256((tmp_path / "d3.tgz").read_bytes()).hexdigest())
    assert read_library(tmp_path / "d3.tgz", own) == "/*\nLicence * / of it\n*/\nlet d3;"
    (tmp_path / "other.tgz").write_text("none")
    with pytest.raises(UserError, match="is not the npm package d3"):
        read_library(tmp_path / "other.tgz", D3)
