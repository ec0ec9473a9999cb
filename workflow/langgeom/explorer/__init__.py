"""The explorer: one self-contained page in which a reader turns the tables over.

`pack` makes the data, `sentences` chooses sentences (by `alignment`), `page.html`, `explorer.css` and the scripts in
`SCRIPTS`' order are the page. Scripts share one scope; docs/design.md tells what each does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from langgeom.files import atomic
from langgeom.pages.html import Markup, as_json, asset, fill, page, script

__all__ = ["ASSETS", "SCRIPTS", "Settings", "assemble", "render"]

SCRIPTS = ("data", "state", "surface", "picture", "lines", "scatter", "sentences", "readout", "controls", "export", "main")
# The files of the page, from the package's root.
OWN = ("explorer.css", "page.html", *(f"{name}.js" for name in SCRIPTS))
ASSETS = ("pages/style.css", "pages/page.html", *(f"explorer/{name}" for name in OWN))


class Settings(NamedTuple):
    """What the page states, the metric it opens with (as intrinsic dimension), how many sentences it shows from each end."""

    reference: str = "eng_Latn"
    id: str = "id_microscope"
    final_norm: bool = True
    sentences: int = 5


def render(
    out: Path,
    library: Path,
    metrics: Path,
    texts: Path | None = None,
    quality: Path | None = None,
    aligned: Sequence[Path] = (),
    lines: Mapping[tuple[str, str], Path] | None = None,
    settings: Settings | None = None,
) -> None:
    """Write the page.

    Args:
        out: the HTML file.
        library: the tarball of `libraries.D3`.
        metrics, texts, quality: the tables; None where there is none.
        aligned: files of `sentences.ALIGNED`; without them the page shows no sentences.
        lines: the corpus file of each (corpus, text), for the sentences.
        settings: defaults where None.

    Raises:
        UserError: a table or the library cannot be read, or a sentence to be shown is not there.
    """
    # Imported here: a rule that asks for SCRIPTS only should not wait for pandas and matplotlib.
    import pandas as pd

    from langgeom.explorer.pack import pack
    from langgeom.explorer.sentences import ALIGNED, choose
    from langgeom.pages.libraries import D3, read_library
    from langgeom.table import METRICS, QUALITY, TEXTS, read_table

    settings = settings or Settings()
    packed = pack(
        read_table(metrics, METRICS),
        read_table(texts, TEXTS) if texts else None,
        read_table(quality, QUALITY) if quality else None,
        reference=settings.reference,
        first=settings.id,
        final_norm=settings.final_norm,
    )
    shown: dict[str, Any] = {"chosen": {}, "lines": {}}
    if aligned:
        rows = pd.concat([read_table(path, ALIGNED) for path in aligned], ignore_index=True)
        shown = choose(rows, lines or {}, settings.reference, settings.sentences)
    text = assemble(packed.facts, packed.blocks, shown, read_library(library, D3))
    with atomic(out) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def assemble(facts: Mapping[str, Any], blocks: Sequence[bytes], sentences: Mapping[str, Any], library: str) -> str:
    """Return the page of what `pack` and `choose` gave, with a library's script."""
    own = "\n".join(asset("langgeom.explorer", f"{name}.js") for name in SCRIPTS)
    scripts = [library, f'(() => {{\n"use strict";\n{own}\n}})();\n']
    encoded = [
        f'<script type="text/plain" id="block-{number}">{base64.b64encode(block).decode()}</script>'
        for number, block in enumerate(blocks)
    ]
    models, texts = len(facts["models"]), len(facts["texts"])
    subtitle = f"{models} model{'s' * (models != 1)}, {texts} text{'s' * (texts != 1)}: {', '.join(facts['corpora'])}"
    body = fill(
        asset("langgeom.explorer", "page.html"),
        {"subtitle": subtitle},
        {
            "facts": Markup(as_json(facts)),
            "sentences": Markup(as_json(sentences)),
            "blocks": Markup("\n".join(encoded)),
            "library": script(scripts[0]),
            "scripts": script(scripts[1]),
        },
    )
    return page("langgeom explorer", scripts, [asset("langgeom.explorer", "explorer.css")], body)
