"""docs/troubleshooting.md quotes messages that the program really has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def words_of_the_program() -> str:
    """Return every string constant of the package and its scripts, in the order of the source, joined."""
    found: list[str] = []
    for path in sorted((ROOT / "workflow").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            # An f-string's parts belong together, with whatever stands between them.
            if isinstance(node, ast.JoinedStr):
                found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def test_every_message_exists() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8").split("## Numbers")[0]
    cells = [line.split(" | ")[0] for line in page.splitlines() if line.startswith("| `")]
    quoted = [message for cell in cells for message in re.findall("`([^`]+)`", cell)]
    assert len(quoted) >= 25
    program = words_of_the_program().lower()
    assert [message for message in quoted if message.lower() not in program] == []
