"""Models from a hub: not available yet; its place in the config is kept."""

from __future__ import annotations

from pathlib import Path

from langgeom.errors import UserError
from langgeom.models.sources import Request

__all__ = ["write"]


def write(request: Request, folder: Path) -> None:
    """Refuse.

    Raises:
        UserError: always.
    """
    raise UserError(
        f"Model '{request.name}' names the hub's {request.spec['hub']}, but hub models are not available yet.\n"
        f"Download it yourself and give its folder: {request.name}: {{folder: path/to/it}}"
    )
