"""The figures on the page: each picture within it, its caption, and links to its files beside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from langgeom.errors import UserError
from langgeom.figures.catalogue import FIGURES, Figure, reason_of
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

LINE = '<li>{{number}}<a href="#figure-{{name}}">{{title}}</a>{{lacking}}</li>'


def pictures(files: Mapping[str, Path]) -> Markup:
    """Return figures in the catalogue's order.

    Args:
        files: the SVG of each figure, by its name.

    Raises:
        UserError: a picture is missing or is no SVG.
    """
    return Markup("\n".join(_picture(FIGURES[name], files[name]) for name in FIGURES if name in files))


def contents(files: Mapping[str, Path]) -> Markup:
    """Return links to the figures; of those that show nothing, with the reason."""
    lines = (
        fill(LINE, {"name": name, "title": FIGURES[name].title},
             {"number": _number(FIGURES[name]), "lacking": _lacking(_read(files[name])[1])})
        for name in FIGURES
        if name in files
    )  # fmt: skip
    return Markup('<ul class="figures">' + "".join(lines) + "</ul>")


def _lacking(reason: str) -> Markup:
    return Markup(fill(' <span class="lacking">nothing to draw: {{reason}}</span>', {"reason": reason}, {}) if reason else "")


def _read(path: Path) -> tuple[bytes, str]:
    """Return a picture, and why it shows nothing ("" where it shows something)."""
    try:
        drawn = path.read_bytes()
    except OSError as error:
        raise UserError(f"the picture {path} cannot be read ({error}); run the workflow to make it.") from None
    try:
        return drawn, reason_of(drawn)
    except ValueError as error:
        raise UserError(f"{path} is no SVG ({error}); delete it and run again.") from None


def _picture(figure: Figure, path: Path) -> str:
    drawn, reason = _read(path)
    # A caption tells what to see in a picture, so one that shows nothing has the reason instead.
    caption = f"Nothing to draw: {reason}" if reason else figure.caption
    return fill(
        FIGURE,
        {"name": figure.name, "title": figure.title, "caption": caption, "alt": f"{figure.title}. {caption}"},
        {"number": _number(figure), "source": Markup(f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}")},
    )


def _number(figure: Figure) -> Markup:
    """Return a figure's number in the study, if it has one."""
    number = figure.alias.removeprefix("fig").lstrip("0")
    return Markup(fill('<span class="number">{{number}}</span> ', {"number": f"Figure {number}"}, {}) if number else "")
