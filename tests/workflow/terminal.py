"""A terminal for a command: what a person would see of it, and keys to press."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["Terminal"]

SECONDS = 600.0


class Terminal:
    """Runs a command on a pseudo-terminal of its own; `text` is all it wrote so far."""

    def __init__(self, command: Sequence[str], folder: Path, environment: dict[str, str], columns: int = 100) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        self.process = subprocess.Popen(
            command, cwd=folder, env={**environment, "TERM": "xterm"}, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self.text = ""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        # Linux reports an error, not an end, once the last process has let the terminal go.
        with contextlib.suppress(OSError):
            while part := os.read(self.master, 65536):
                self.text += part.decode(errors="replace")

    def press(self, keys: bytes) -> None:
        """Type: Ctrl-C is `b"\\x03"`."""
        os.write(self.master, keys)

    def wait_until(self, seen: Callable[[str], bool]) -> None:
        """Wait until what was written fulfils a condition."""
        end = time.monotonic() + SECONDS
        while not seen(self.text) and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        assert seen(self.text), self.text

    def end(self) -> int:
        """Wait for the command and return its exit status."""
        status = self.process.wait(SECONDS)
        self.reader.join(10)
        os.close(self.master)
        return status

    def lines(self) -> list[str]:
        """Return what stays on the screen: of a line written over, the last; colours gone."""
        plain = re.sub(r"\x1b\[(?!K)[0-9;]*[A-Za-z]", "", self.text)
        return [re.split(r"\r|\x1b\[K", line.rstrip("\r"))[-1] for line in plain.split("\n")]
