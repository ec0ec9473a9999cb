"""A local folder of config.json, safetensors weights and a tokenizer: checked, then linked or copied file by file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.models.sources import Request
from langgeom.models.tokenizer import TOKENIZER_FILES, complete_tokenizer

__all__ = ["check_folder", "read_config", "take_folder", "write"]

INDEX = "model.safetensors.index.json"
PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}


def write(request: Request, folder: Path) -> None:
    """Take the folder that `spec["folder"]` names, relative to `request.base`."""
    source = request.base / request.spec["folder"]
    take_folder(request.name, source, folder)


def take_folder(name: str, source: Path, folder: Path) -> None:
    """Check a model's folder and copy what is needed of it into `folder`.

    Raises:
        UserError: see `check_folder`.
    """
    check_folder(name, source)
    for path in sorted(source.iterdir()):
        if path.suffix == ".safetensors" or path.name in (
            "config.json",
            INDEX,
            *TOKENIZER_FILES,
        ):
            copy(path, folder / path.name)
    complete_tokenizer(name, source, folder)


def check_folder(name: str, source: Path, weights: bool = True) -> None:
    """Refuse a folder that `from_pretrained` could read only in part, only by running its code, or only through pickle.

    Args:
        weights: whether weights are needed.

    Raises:
        UserError: no such folder, no config.json, code to run, no safetensors or not those of the index, no tokenizer.
    """
    if not source.is_dir():
        raise UserError(f"Model '{name}': there is no folder {source}. Give the path of a model's folder.")
    found = sorted(path.name for path in source.iterdir())
    listing = ", ".join(found[:20]) or "nothing"
    coded = [file for file in ("config.json", "tokenizer_config.json") if "auto_map" in read_config(name, source, file)]
    if coded:
        raise UserError(
            f"Model '{name}': {coded[0]} in {source} has 'auto_map', so the model is code of its own; code in model "
            "folders is never run.\nUse a model of an architecture that transformers has; if it has this one, "
            "remove 'auto_map'."
        )
    if kernel := _kernel(read_config(name, source)):
        raise UserError(
            f"Model '{name}': config.json in {source} names '{kernel}' for its attention; that is code of a hub's repository, "
            "which is never run. Remove it: transformers has its own."
        )
    if weights and not any(file.endswith(".safetensors") for file in found):
        pickled = [file for file in found if Path(file).suffix in PICKLED]
        raise UserError(
            f"Model '{name}': {source} has no *.safetensors; found {listing}.\n"
            + (
                f"{', '.join(pickled)} are pickles, which can run code when they are read: convert them with "
                "save_pretrained in an environment you trust."
                if pickled
                else "Save the model with save_pretrained."
            )
        )
    if weights and INDEX in found:
        named = read_config(name, source, INDEX).get("weight_map")
        outside = sorted(set(named.values()) - set(found)) if isinstance(named, dict) else ["nothing"]
        if outside:
            raise UserError(
                f"Model '{name}': {source / INDEX} names {', '.join(map(str, outside[:3]))}, which is no file of that folder. "
                "Save the model again, or fetch all of it."
            )
    if not any(file in TOKENIZER_FILES and file not in ("tokenizer_config.json", "special_tokens_map.json") for file in found):
        raise UserError(
            f"Model '{name}': {source} has no tokenizer; found {listing}.\nSave it there: tokenizer.save_pretrained(folder)."
        )


def _kernel(config: dict[str, Any]) -> str:
    """Return the repository that a config, or one in it, takes an implementation from, or "": owner/name."""
    for key, value in config.items():
        if isinstance(value, dict):
            if found := _kernel(value):
                return found
        elif key.endswith(("_implementation", "_implementation_internal")) and "/" in str(value):
            return str(value)
    return ""


def read_config(name: str, source: Path, file: str = "config.json") -> dict[str, Any]:
    """Return the settings in a folder's config.json, or in another of its JSON files, which may be missing.

    Raises:
        UserError: config.json is missing, or the file is not JSON.
    """
    path = source / file
    if not path.is_file():
        if file != "config.json":
            return {}
        found = ", ".join(sorted(file.name for file in source.iterdir())[:20]) or "nothing"
        raise UserError(f"Model '{name}': {source} has no config.json; found {found}. Give a model's own folder.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"Model '{name}': {path} is not JSON ({error}). Save or fetch the model again.") from error
    if not isinstance(config, dict):
        raise UserError(f"Model '{name}': {path} holds no settings but {type(config).__name__}. Save or fetch it again.")
    return config


def copy(source: Path, target: Path) -> None:
    """Copy a file, its content only: a link would let a later edit of the user's file change what was measured."""
    shutil.copyfile(source, target)
