"""The header of a file of hidden states, read without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from langgeom.errors import UserError

__all__ = ["METADATA", "read_header", "read_layout"]

METADATA = ("fingerprint", "model", "corpus", "text", "kind", "init", "dtype", "final_norm", "report")


def read_header(path: Path) -> dict[str, str]:
    """Return the strings that say what a file of hidden states is of (docs/design.md).

    Raises:
        UserError: the file is missing, cut off, or no file of hidden states.
    """
    return read_layout(path)[0]


def read_layout(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the header's strings, and dtype, shape and place of each tensor.

    Raises:
        UserError: as `read_header`.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            size = path.stat().st_size
            if length > size - 8:
                raise ValueError("it is cut off or of another format")
            layout = json.loads(file.read(length))
        metadata = layout.pop("__metadata__", {})
        if size != 8 + length + max((tensor["data_offsets"][1] for tensor in layout.values()), default=0):
            raise ValueError("it is cut off")
        missing = [key for key in METADATA if key not in metadata]
        if missing:
            raise ValueError(f"its header lacks {', '.join(missing)}")
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}. Run the stage of hidden states first.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not a file of hidden states that can be read: {error}. Remove it and run again.") from error
    return metadata, layout
