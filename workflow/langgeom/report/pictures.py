"""The figures on the page: each picture within it, its caption, and links to its files beside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from langgeom.errors import UserError
from langgeom.figures.catalogue import FIGURES, Figure
from langgeom.pages.html import Markup, fill

__all__ = ["contents", "pictures"]

# An image of its own, not inline SVG: the names within one picture cannot meet those of another.
FIGURE = """<figure id="figure-{{name}}" aria-labelledby="figure-{{name}}-title">
<h3 id="figure-{{name}}-title">{{number}}{{title}}</h3>
<div class="scroll picture" tabindex="0" role="group" aria-label="Picture: {{title}}">\
<img alt="{{alt}}" src="{{source}}" decoding="async"></div>
<figcaption>{{caption}} <span class="files"><a href="figures/{{name}}.svg">SVG</a> <a href="figures/{{name}}.png">PNG</a> \
<a href="figures/{{name}}.csv">numbers (CSV)</a></span></figcaption>
</figure>"""


def pictures(files: Mapping[str, Path]) -> Markup:
    """Return figures in the catalogue's order.

    Args:
        files: the SVG of each figure, by its name.

    Raises:
        UserError: a picture is missing or is no SVG.
    """
    return Markup("\n".join(_picture(FIGURES[name], files[name]) for name in FIGURES if name in files))


def contents(files: Mapping[str, Path]) -> Markup:
    """Return links to the figures."""
    lines = (
        fill('<li>{{number}}<a href="#figure-{{name}}">{{title}}</a></li>', {"name": name, "title": FIGURES[name].title},
             {"number": _number(FIGURES[name])})
        for name in FIGURES
        if name in files
    )  # fmt: skip
    return Markup('<ul class="figures">' + "".join(lines) + "</ul>")


def _picture(figure: Figure, path: Path) -> str:
    try:
        drawn = path.read_bytes()
    except OSError as error:
        raise UserError(f"the picture {path} cannot be read ({error}); run the workflow to make it.") from None
    if b"<svg" not in drawn[:2000]:
        raise UserError(f"{path} is no SVG; delete it and run again.")
    return fill(
        FIGURE,
        {
            "name": figure.name,
            "title": figure.title,
            "caption": figure.caption,
            "alt": f"{figure.title}. {figure.caption}",
        },
        {"number": _number(figure), "source": Markup(f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}")},
    )


def _number(figure: Figure) -> Markup:
    """Return a figure's number in the study, if it has one."""
    number = figure.alias.removeprefix("fig").lstrip("0")
    return Markup(fill('<span class="number">{{number}}</span> ', {"number": f"Figure {number}"}, {}) if number else "")
