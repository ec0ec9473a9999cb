"""Lines in the log, a bar on a terminal only."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from langgeom.hidden import progress
from langgeom.hidden.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_log_lines(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    clock = iter([0.0, 1.0, 6.0, 6.0, 10.0, 10.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys, "__stderr__", io.StringIO())
    with caplog.at_level(logging.INFO), Progress("eng_Latn", 20, 500) as counter:
        counter.add(5, 100)
        counter.add(7, 200)
    assert [record.getMessage() for record in caplog.records] == [
        "eng_Latn: 12 of 20 sentences, 2.0 sentences/s, 50 tokens/s",
        "eng_Latn: 12 of 20 sentences, 1.2 sentences/s, 30 tokens/s",
    ]
    assert sys.__stderr__.getvalue() == ""  # type: ignore[union-attr]


def test_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "__stderr__", terminal)
    with Progress("eng_Latn", 2, 10) as counter:
        counter.bar.mininterval = 0
        counter.add(1, 5)
    assert "eng_Latn:  50%" in terminal.getvalue() and "sentences/s" in terminal.getvalue()
