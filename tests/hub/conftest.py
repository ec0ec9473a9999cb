"""The stand-in hub, and a way to run the real client against it in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import stand_in_hub

ROOT = Path(__file__).resolve().parents[2]
HEAD = "import sys\nfrom pathlib import Path\nfrom langgeom.errors import UserError\ntry:\n"
TAIL = "\nexcept UserError as error:\n    sys.exit(str(error))\n"


@pytest.fixture
def hub() -> Iterator[stand_in_hub.Hub]:
    with stand_in_hub.serving() as hub:
        yield hub


@pytest.fixture
def client(hub: stand_in_hub.Hub, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return a function that runs lines of Python with the hub as HF_ENDPOINT and a home of its own.

    huggingface_hub reads its environment when it is imported, hence the process. It returns the exit status and all that was
    printed; a `UserError` is printed alone.
    """
    home = tmp_path / "home"
    home.mkdir()

    def run(code: str, **environment: str) -> tuple[int, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))}
        settings = {
            **kept, "HOME": str(home), "HF_HOME": str(home / "hf"), "HF_ENDPOINT": hub.endpoint, "NO_PROXY": "*",
            "PYTHONPATH": str(ROOT / "workflow"), **environment,
        }  # fmt: skip
        program = HEAD + "".join(f"    {line}\n" for line in code.strip().splitlines()) + TAIL
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=settings, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout

    return run
