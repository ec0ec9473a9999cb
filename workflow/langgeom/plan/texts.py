"""How long each text is, and how many tokens a model makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langgeom.config import Config
from langgeom.disk import BYTES
from langgeom.errors import UserError
from langgeom.plan.models import Shape

__all__ = ["SAMPLE", "Counts", "Tokens", "count"]

SAMPLE = 200  # lines that are tokenised
LINE = 150  # bytes of a line that is not here yet
LINES = 1000  # of a text whose number of lines is not known


@dataclass(frozen=True)
class Counts:
    """A text's lines that are not empty, its bytes, up to `SAMPLE` of its lines, and whether all this is guessed."""

    sentences: int
    bytes: int
    sample: tuple[str, ...] = ()
    guessed: bool = False


def count(config: Config, corpus: str, text: str, base: Path) -> Counts:
    """Return the size of a text: as prepared, else by its source, else guessed."""
    prepared, source = base / "results" / "corpora" / corpus / f"{text}.txt", config.corpora[corpus]
    try:
        here = prepared.is_file()
        at_hand = prepared.read_text(encoding="utf-8", errors="replace").split("\n") if here else source.peek(text)
    except UserError:
        at_hand = None
    if at_hand is None:
        known = source.line_count(text) or LINES
        return Counts(known, known * LINE, guessed=True)
    lines = [line for line in at_hand if line.strip()]
    return Counts(len(lines), len("\n".join(at_hand).encode()), tuple(lines[:: max(1, -(-len(lines) // SAMPLE))]))


class Tokens:
    """How many tokens models make of texts; one tokenizer's answers serve all models that share it."""

    def __init__(self, base: Path, hidden: Mapping[str, Any], exact: bool) -> None:
        self.hidden, self.exact = hidden, exact
        self._known: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._readers: dict[bytes, Any] = {}

    def of(self, shape: Shape, corpus: str, text: str, counts: Counts) -> tuple[int, int]:
        """Return the content tokens of a text, and all that are run, special ones included."""
        guess = (int(counts.bytes / BYTES), int(counts.bytes / BYTES) + counts.sentences)
        path = shape.folder / "tokenizer.json"
        if not self.exact or not counts.sample or not path.is_file():
            return guess
        content = path.read_bytes()
        key = (hash(content), shape.positions, corpus, text)
        if key not in self._known:
            self._known[key] = self._count(shape, content, counts)
        return self._known[key]

    def _count(self, shape: Shape, content: bytes, counts: Counts) -> tuple[int, int]:
        from langgeom.hidden.tokens import TextTokenizer

        if content not in self._readers:
            self._readers[content] = TextTokenizer(shape.folder)
        reader = self._readers[content]
        limit = min(self.hidden["max_tokens"], shape.positions)
        try:
            sentences = reader(counts.sample, limit, self.hidden["first_position"]).sentences
        except UserError:  # its own stage says so
            return 0, 0
        share = counts.sentences / len(counts.sample)
        return (
            round(share * sum(len(sentence.content) for sentence in sentences)),
            round(share * sum(len(sentence.ids) for sentence in sentences)),
        )
