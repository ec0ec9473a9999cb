"""The explorer: one self-contained page to look through the tables.

`pack` prepares the numbers, `sentences` what is shown of texts; `page.html`, `explorer.css` and the scripts are
the page. The scripts share one scope and run in the order of `SCRIPTS`; docs/design.md says what each does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SCRIPTS = ("data", "state", "charts", "tables", "page")
# The files of the page that are not Python, from the package's root.
ASSETS = (
    "pages/style.css", "pages/page.html", "explorer/explorer.css", "explorer/page.html",
    *(f"explorer/{name}.js" for name in SCRIPTS),
)  # fmt: skip


def render(
    out: Path,
    library: Path,
    metrics: Path,
    texts: Path | None = None,
    quality: Path | None = None,
    pairs: Path | None = None,
    aligned: Sequence[Path] = (),
    tokens: Sequence[Path] = (),
    lines: Mapping[tuple[str, str], Path] | None = None,
    *,
    reference: str,
    first: str,
    final_norm: bool,
    sentences: int,
) -> None:
    """Write the page.

    Args:
        out: the HTML file.
        library: the tarball of `libraries.ECHARTS`.
        metrics, texts, quality, pairs: the tables, as Parquet; without pairs the page shows no map.
        aligned: files of `table.ALIGNED`; without them the page shows no sentences.
        tokens: files of `table.TOKENS`; without them it shows no tokens.
        lines: the file of each (corpus, text), which holds the sentences.
        reference: the text that the others are compared with.
        first: the metric that the page opens with.
        final_norm: whether the last layer is taken after the final norm.
        sentences: how many of the nearest, and how many of the farthest sentences of a text are shown; with 0 neither any
            sentence nor any token is.

    Raises:
        UserError: a table or the library cannot be read, or a sentence is missing.
    """
    # Imported here, since rules import this module for ASSETS before any environment with pandas exists.
    from langgeom.explorer.pack import pack
    from langgeom.explorer.sentences import choose, shown_tokens
    from langgeom.pages.libraries import ECHARTS, read_library
    from langgeom.table import ALIGNED, METRICS, PAIRS, QUALITY, TEXTS, TOKENS, read_table, read_tables

    facts, blocks = pack(
        read_table(metrics, METRICS),
        read_table(texts, TEXTS) if texts else None,
        read_table(quality, QUALITY) if quality else None,
        read_table(pairs, PAIRS) if pairs else None,
        reference=reference,
        first=first,
        final_norm=final_norm,
    )
    chosen: dict[str, Any] = {"chosen": {}, "lines": {}}
    if aligned and sentences:
        chosen = choose(read_tables(aligned, ALIGNED), lines or {}, reference, sentences)
    local = shown_tokens(read_tables(tokens, TOKENS), lines or {}) if tokens and sentences else {"shown": {}, "lines": {}}
    write(out, facts, blocks, {"sentences": chosen, "tokens": local}, read_library(library, ECHARTS))


def write(
    out: Path, facts: Mapping[str, Any], blocks: Sequence[bytes], words: Mapping[str, Mapping[str, Any]], library: str
) -> None:
    """Write the page from what `pack`, `choose` (words: `sentences`) and `shown_tokens` (`tokens`) return, and the library."""
    from langgeom.pages import asset, write_page

    own = "\n".join(asset(f"explorer/{name}.js") for name in SCRIPTS)
    write_page(
        out,
        "explorer/page.html",
        "langgeom explorer",
        "explorer/explorer.css",
        [library, f'(() => {{\n"use strict";\n{own}\n}})();\n'],
        facts=facts,
        words=words,
        blocks=[base64.b64encode(block).decode() for block in blocks],
    )
