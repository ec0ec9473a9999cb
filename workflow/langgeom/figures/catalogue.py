"""The figures there are, read from their `@figure(...)` lines without importing them, and why a picture is empty.

The decorators are literals, as those of metrics: planning a workflow needs names and titles, but no matplotlib.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from xml.etree import ElementTree

Draw = TypeVar("Draw", bound=Callable[..., Any])
# Where matplotlib writes the description of an SVG: in the Dublin Core.
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


class Figure(NamedTuple):
    """What is declared of a figure.

    Attributes:
        name: names the target and the files.
        title, caption: as shown; the caption is the function's docstring if none is given.
        metrics: metrics of the table; "id" and "anisotropy" stand for those that the settings choose.
        alias: the number in the study ("fig01"), or "".
        tables: the tables it is drawn from (names in `langgeom.table.TABLES`), in the order of the function's arguments.
        pairs: whether it is drawn from the corpora of grammatical and ungrammatical text too.
        findings: the conclusions that it illustrates ("C1"); the report links both ways.
        module, function: where the function that draws it is.
    """

    name: str
    title: str
    caption: str
    metrics: tuple[str, ...]
    alias: str = ""
    tables: tuple[str, ...] = ("metrics",)
    pairs: bool = False
    findings: tuple[str, ...] = ()
    module: str = ""
    function: str = ""


def figure(name: str, **about: Any) -> Callable[[Draw], Draw]:
    """Declare that a function draws a figure: `draw(about, *tables, settings) -> Drawing`; several lines, several figures.

    The arguments are the attributes of `Figure`, as literals: the catalogue reads them without importing the module.
    """
    return lambda draw: draw


def _declared(path: Path) -> Iterator[Figure]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            for line in node.decorator_list:
                if isinstance(line, ast.Call) and isinstance(line.func, ast.Name) and line.func.id == "figure":
                    about: dict[str, Any] = {"caption": " ".join((ast.get_docstring(node) or "").split())}
                    about |= {word.arg: ast.literal_eval(word.value) for word in line.keywords if word.arg}
                    about |= {"module": f"langgeom.figures.{path.stem}", "function": node.name}
                    yield Figure(ast.literal_eval(line.args[0]), **about)


# By number in the study; those without one come last.
FIGURES: Mapping[str, Figure] = MappingProxyType({
    about.name: about
    for about in sorted(
        (about for path in sorted(Path(__file__).parent.glob("*.py")) for about in _declared(path)),
        key=lambda about: (about.alias or "z", about.name),
    )
})  # fmt: skip


def reason_of(svg: bytes) -> str:
    """Return why an SVG shows nothing, "" if it shows something.

    Raises:
        ValueError: not an SVG.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise ValueError(f"its root is {root.tag}")
    return (root.findtext(f".//{DESCRIPTION}") or "").strip()
