"""The stand-in hub, and a way to run the real client against it in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import stand_in_hub


@pytest.fixture
def hub() -> Iterator[stand_in_hub.Hub]:
    with stand_in_hub.serving() as hub:
        yield hub


@pytest.fixture
def client(hub: stand_in_hub.Hub, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run lines of Python with the real client."""
    return stand_in_hub.client_of(hub, tmp_path)
