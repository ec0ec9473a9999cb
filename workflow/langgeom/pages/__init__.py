"""What the pages share: one look (`style.css`), one head (`page.html`), and numbers in words.

A page is a Jinja template in which all values are escaped, and carries all that it needs. Its content security policy names
each script by its hash and allows no request, so that even text that slipped through the escaping could neither run nor send.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgeom.files import atomic

ROOT = Path(__file__).parent.parent


def asset(name: str) -> str:
    """Return a file of the package as text, such as `explorer/main.js`."""
    return (ROOT / name).read_text(encoding="utf-8")


def write_page(out: Path, template: str, title: str, style: str, scripts: Sequence[str] = (), **values: Any) -> None:
    """Fill a template that extends `pages/page.html`, and write the page.

    Args:
        out: the HTML file.
        template, style: files of the package; the style comes after the one that all pages share.
        scripts: the code of each script. Nothing else can run in the page.
        values: what the template shows. `tojson` makes data of them, anything else becomes text.

    Raises:
        ValueError: a script holds something that would end its element, or data that JSON cannot hold (NaN, infinity).
        jinja2.UndefinedError: the template uses a value that is not given.
    """
    # Imported here, since the rules and the config ask `libraries` where there may be no jinja2.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if any(re.search(r"</script|<!--", script, re.IGNORECASE) for script in scripts):
        raise ValueError("a script that contains '</script' or '<!--' cannot be part of a page")
    environment = Environment(
        loader=FileSystemLoader(ROOT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    for words in (many, large, span, duration, memory):
        environment.filters[words.__name__] = words
    styles = [asset("pages/style.css"), asset(style)]
    text = environment.get_template(template).render(
        values, title=title, styles=styles, scripts=scripts, policy=policy(scripts)
    )
    with atomic(out) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def policy(scripts: Sequence[str]) -> str:
    """Return a content security policy that allows these scripts and the page's own styles and images, and nothing else."""
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    rules = ("default-src 'none'", f"script-src {allowed}", "style-src 'unsafe-inline'", "img-src data: blob:")
    return "; ".join((*rules, "base-uri 'none'", "form-action 'none'"))


def many(number: int, thing: str) -> str:
    """Write "1 text", "22 texts"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def large(number: float) -> str:
    """Shorten a large number: 135 M, 1.2 B."""
    for unit, name in ((1e9, "B"), (1e6, "M")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:,.0f}"


def span(numbers: list[int]) -> str:
    """Write the range of numbers: "58", or "56 to 58"."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def duration(seconds: float) -> str:
    """Write seconds as 3.2 s, 2 min 11 s or 1 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60:02d} min"


def memory(mebibytes: float) -> str:
    """Write MiB, or GiB from 1,024 MiB on."""
    return f"{mebibytes / 1024:.1f} GiB" if mebibytes >= 1024 else f"{mebibytes:.0f} MiB"
