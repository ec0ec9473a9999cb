"""Models from the hub: files that langgeom.hub.fetch fetched, checked and placed; no code of theirs runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

from langgeom.hub.listing import read_listing
from langgeom.models.folder import check_folder, copy, read_config
from langgeom.models.quiet import quiet
from langgeom.models.sources import Request
from langgeom.models.tokenizer import complete_tokenizer

__all__ = ["place", "write"]


def write(request: Request, folder: Path) -> None:
    """Fill `folder` with the files of the listing `request.hub`.

    Raises:
        UserError: a file has changed since it was fetched, or the model cannot be used.
    """
    assert request.hub is not None
    place(request.name, request.hub, folder)
    check_folder(request.name, folder)
    complete_tokenizer(request.name, folder, folder)


def place(name: str, listing: Path, folder: Path) -> None:
    """Put the files of a listing into a folder, without what names code in them where transformers has the architecture.

    Weights are links to the download, which nothing writes to again: they would else take their place twice.
    """
    for path in read_listing(listing):
        try:
            if path.suffix != ".safetensors":
                raise OSError
            os.link(path, folder / path.name)
        except OSError:  # also: a file system without hard links
            copy(path, folder / path.name)
    with quiet():
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    config = read_config(name, folder)
    if config.get("model_type") in CONFIG_MAPPING_NAMES:
        _drop_code(folder / "config.json", config)
    if (folder / "tokenizer.json").is_file():  # it is the tokenizer; no class of its own is needed
        _drop_code(folder / "tokenizer_config.json", read_config(name, folder, "tokenizer_config.json"))


def _drop_code(path: Path, settings: dict[str, object]) -> None:
    if settings.pop("auto_map", None) is not None:
        path.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
