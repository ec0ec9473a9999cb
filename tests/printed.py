"""The blocks of code that a page of docs/ prints, for tests that run them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["Block", "blocks"]

ROOT = Path(__file__).resolve().parents[1]
FENCED = re.compile(r'^```(?P<kind>\w*)(?: title="(?P<title>[^"]+)")?\n(?P<body>.*?)^```$', re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A block: its language, the file it is where it has a title, and its lines."""

    kind: str
    title: str
    body: str

    @property
    def commands(self) -> list[list[str]]:
        """The words of each line that is typed, without the comment behind them."""
        typed = (line.partition(" #")[0].split() for line in self.body.splitlines())
        return [words for words in typed if words]


def blocks(page: str) -> list[Block]:
    """Return the blocks of docs/`page` from top to bottom."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [Block(found["kind"], found["title"] or "", found["body"]) for found in FENCED.finditer(text)]
