"""Putting text, data and scripts into a page, so that none of them can end where it stands or run as what it is not.

A page carries all it needs. Its content security policy names each script by hash and allows no request, so even text
that got past the escaping could neither run nor call anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NewType

__all__ = ["Markup", "as_json", "asset", "fill", "page", "policy", "script"]

Markup = NewType("Markup", str)
PLACE = re.compile(r"\{\{(\w+)\}\}")


def asset(package: str, name: str) -> str:
    """Return a text file that lies in a package, such as a template or a style sheet."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def as_json(value: Any) -> str:
    """Return compact JSON that is safe between script tags: no `<`, `>` or `&` in it, no line separator of Unicode.

    Raises:
        ValueError: NaN or infinity, which JSON lacks.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def script(text: str) -> Markup:
    """Return a script element.

    Raises:
        ValueError: the script holds what would end the element, or begin a comment in it.
    """
    if re.search(r"</script|<!--", text, re.IGNORECASE):
        raise ValueError("a script that holds '</script' or '<!--' cannot stand in a page")
    return Markup(f"<script>{text}</script>")


def policy(scripts: Sequence[str]) -> str:
    """Return the content security policy of a page with these scripts: they and the page's styles, and nothing else."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join(f"'sha256-{text}'" for text in hashes) or "'none'"
    rules = ["default-src 'none'", f"script-src {allowed}", "style-src 'unsafe-inline'", "img-src data: blob:"]
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def fill(template: str, parts: Mapping[str, str], markup: Mapping[str, Markup]) -> str:
    """Put parts into a template's `{{name}}` places: `parts` escaped, `markup` as it is; what they hold is not filled again.

    Raises:
        KeyError: a place that no part is for.
    """
    ready = {name: html.escape(text) for name, text in parts.items()} | dict(markup)
    return PLACE.sub(lambda place: ready[place[1]], template)


def page(title: str, scripts: Sequence[str], styles: Sequence[str], body: str) -> str:
    """Return a whole page: its head, with the policy for its scripts and all styles in it, and a body element that is ready.

    Args:
        scripts: the text of each script element in the body; others do not run.
        styles: style sheets, after the one that all pages share.
    """
    head = {"policy": policy(scripts), "title": title}
    style = "".join([asset("langgeom.pages", "style.css"), *styles])
    return fill(asset("langgeom.pages", "page.html"), head, {"style": Markup(style), "body": Markup(body)})
