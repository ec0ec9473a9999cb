"""The pieces of the page: tables and marks as markup, and numbers as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from langgeom.pages.html import Markup, fill

__all__ = ["NOTHING", "Cell", "bytes_words", "code", "count", "duration", "many", "share", "table", "text"]

NOTHING = "—"
NUMERIC = Markup(' class="numeric"')


class Cell(NamedTuple):
    """A cell of a table: text, or markup where it is more than text; `numeric` aligns it to the right."""

    said: str | None = None
    markup: Markup | None = None
    numeric: bool = False


def text(value: object) -> Markup:
    """Return a value as text, whatever it holds."""
    return Markup(fill("{{value}}", {"value": str(value)}, {}))


def code(value: object) -> Markup:
    """Return a value as code: hashes, names of files."""
    return Markup(fill("<code>{{value}}</code>", {"value": str(value)}, {}))


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, shown: bool = False, foot: bool = False
) -> Markup:
    """Return a table, its first column naming the rows; at a phone's width each row of three cells or more is a block.

    Args:
        caption: what the table holds; for screen readers alone unless `shown`.
        head: the names of the columns.
        rows: cells; a plain string is text.
        foot: whether the last row sums up the others.
    """
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    body = [_row(head, row) for row in cells]
    numeric = [any(row[place].numeric for row in cells) for place in range(len(head))]
    names = (
        fill('<th scope="col"{{kind}}>{{name}}</th>', {"name": name}, {"kind": NUMERIC if right else Markup("")})
        for name, right in zip(head, numeric, strict=True)
    )
    lines = [
        fill("<table{{stack}}>\n<caption{{hide}}>{{caption}}</caption>", {"caption": caption},
             {"hide": Markup("" if shown else ' class="hidden"'), "stack": Markup(' class="stack"' if len(head) > 2 else "")}),
        f"<thead><tr>{''.join(names)}</tr></thead>",
        "<tbody>", *(body[:-1] if foot else body), "</tbody>",
        *(["<tfoot>", body[-1], "</tfoot>"] if foot and body else []),
        "</table>",
    ]  # fmt: skip
    return Markup("\n".join(lines))


def _row(head: Sequence[str], cells: Sequence[Cell]) -> str:
    first, *others = cells
    parts = [fill('<th scope="row">{{cell}}</th>', {}, {"cell": _inner(first)})]
    for name, cell in zip(head[1:], others, strict=True):
        named = [name for name, holds in (("numeric", cell.numeric), ("nothing", cell.said == NOTHING)) if holds]
        kind = Markup(f' class="{" ".join(named)}"' if named else "")
        parts.append(
            fill('<td{{kind}} data-name="{{name}}">{{cell}}</td>', {"name": name}, {"kind": kind, "cell": _inner(cell)})
        )
    return f"<tr>{''.join(parts)}</tr>"


def _inner(cell: Cell) -> Markup:
    return cell.markup if cell.markup is not None else text(cell.said or "")


def many(number: int, thing: str, things: str = "") -> str:
    """Write "1 text", "22 texts"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def count(number: float) -> str:
    """Write a large number short: 135 M, 1.2 B."""
    for unit, name in ((1e9, "B"), (1e6, "M")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:,.0f}"


def share(low: int, high: int) -> str:
    """Write a range: "58", or "56 to 58"."""
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def duration(seconds: float) -> str:
    """Write seconds as people do: 3.2 s, 2 min 11 s, 1 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"


def bytes_words(mebibytes: float) -> str:
    """Write MiB, or GiB from 1,024 of them on."""
    return f"{mebibytes / 1024:.1f} GiB" if mebibytes >= 1024 else f"{mebibytes:.0f} MiB"
