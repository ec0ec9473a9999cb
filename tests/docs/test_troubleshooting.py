"""docs/troubleshooting.md quotes messages that the program really has, and all those of the hub, the disk and the memory."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workflow" / "langgeom"


def words(node: ast.AST) -> str:
    """Return a string as the source has it, with … for whatever is put in."""
    if isinstance(node, ast.JoinedStr):  # its parts belong together
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def words_of_the_program() -> str:
    """Return every string constant of the package and its scripts, and the schema, whose descriptions stand in messages."""
    paths = sorted((ROOT / "workflow").rglob("*.py"))
    found = [words(node) for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    return "\n".join([*found, (ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text(encoding="utf-8")])


def messages(module: str) -> Iterator[str]:
    """Yield what a module raises as a UserError, and what its functions return as one's text."""

    def said(node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.IfExp):
            yield from said(node.body)
            yield from said(node.orelse)
        elif isinstance(node, ast.BinOp):  # the parts of one message
            yield "".join("".join(said(part)) for part in (node.left, node.right))
        else:
            yield words(node)

    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UserError":
            yield from said(node.args[0])
        elif isinstance(node, ast.FunctionDef) and node.name == "_message":
            returned = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value]
            yield from (text for value in returned for text in said(value))


def quoted() -> list[str]:
    """Return the messages in the left columns of the page."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8").split("## Numbers")[0]
    cells = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `")]
    return [message for cell in cells for message in re.findall("`([^`]+)`", cell)]


def test_every_message_exists() -> None:
    assert len(quoted()) >= 60
    program = words_of_the_program().lower()
    assert [message for message in quoted() if message.lower() not in program] == []


@pytest.mark.parametrize(
    ("module", "least"),
    [
        ("hub/fetch.py", 11),
        ("rows.py", 6),
        ("hub/__init__.py", 2),
        ("hidden/extract.py", 2),
        ("files.py", 2),
    ],
)
def test_every_message_stands_in_the_page(module: str, least: int) -> None:
    raised = [text.lower() for text in messages(module) if text]
    assert len(raised) >= least
    assert [text for text in raised if not any(message.lower() in text for message in quoted())] == []


@pytest.mark.parametrize(
    "said", ["Snakemake is running in this folder", "quality.harness needs lm_eval", "out of memory with a batch of"]
)
def test_what_is_printed_or_logged_stands_in_the_page(said: str) -> None:
    assert said in quoted()
