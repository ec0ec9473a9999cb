"""How far a text has come: a bar on a terminal, a line every few seconds in the log."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from tqdm import tqdm

__all__ = ["Progress"]

log = logging.getLogger(__name__)
SECONDS = 5.0


class Progress:
    """Counts sentences and tokens. The terminal is the process's own, even while its output goes to a log file."""

    def __init__(self, name: str, sentences: int, tokens: int) -> None:
        self.name, self.sentences, self.tokens = name, sentences, tokens
        self.done_sentences = self.done_tokens = 0
        self.start = self.said = time.monotonic()
        terminal = sys.__stderr__
        shown = terminal is not None and terminal.isatty()
        self.bar = tqdm(total=tokens, desc=name, unit="token", file=terminal, leave=False, disable=not shown)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.close()
        if kind is None:
            self._say()

    def add(self, sentences: int, tokens: int) -> None:
        """Count what a batch did."""
        self.done_sentences += sentences
        self.done_tokens += tokens
        now = time.monotonic()
        self.bar.set_postfix_str(f"{self.done_sentences / max(now - self.start, 1e-9):.1f} sentences/s", refresh=False)
        self.bar.update(tokens)
        if now - self.said >= SECONDS:
            self.said = now
            self._say()

    def _say(self) -> None:
        seconds = max(time.monotonic() - self.start, 1e-9)
        log.info(
            "%s: %d of %d sentences, %.1f sentences/s, %.0f tokens/s",
            self.name, self.done_sentences, self.sentences, self.done_sentences / seconds, self.done_tokens / seconds,
        )  # fmt: skip
